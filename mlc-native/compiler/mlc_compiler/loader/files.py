"""Mapped files and JSON, with typed errors."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from mlc_compiler.errors import ModelFileError


def map_file(path: Path) -> np.ndarray:
    """Maps a file read-only; uint8, one item per byte."""
    try:
        if path.stat().st_size == 0:
            raise ModelFileError(f"{path} is empty; download it again")
        return np.memmap(path, np.uint8, "r").view(np.ndarray)
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror or error}") from error


def parse_json_object(text: bytes, description: str) -> dict[str, Any]:
    """Parses a JSON object; `description` says in errors where the text is from."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{description} is not valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise ModelFileError(f"{description} must hold a JSON object, found {type(value).__name__}")
    return value


def read_json_object(path: Path) -> dict[str, Any]:
    """Reads a file that holds a JSON object."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror or error}") from error
    return parse_json_object(text, str(path))
