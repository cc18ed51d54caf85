"""Options that several commands share."""

import argparse

from mlc_compiler.architectures import ARCHITECTURES
from mlc_compiler.quantization import QUANTIZATIONS


def add_quantization(parser: argparse.ArgumentParser, *, required: bool, note: str = "") -> None:
    """Adds `--quantization`; `note` ends its help text."""
    parser.add_argument(
        "--quantization",
        choices=list(QUANTIZATIONS),
        required=required,
        help="how weights are stored; gguf keeps the source file's own formats" + note,
    )


def add_model_type(parser: argparse.ArgumentParser) -> None:
    """Adds `--model-type`."""
    parser.add_argument(
        "--model-type",
        choices=["auto", *ARCHITECTURES],
        default="auto",
        help="architecture of the model (default: the config's model_type)",
    )
