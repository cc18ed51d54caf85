"""`convert_weight`: weights of a source model into tensor-cache.json and its shards."""

import argparse
from pathlib import Path

from mlc_compiler.cli.common import add_model_type, add_quantization
from mlc_compiler.loader import SOURCE_FORMATS, open_source
from mlc_compiler.progress import Progress
from mlc_compiler.quantization import QUANTIZATIONS
from mlc_compiler.weights.convert import convert_weights

SUMMARY = "Quantize a model's weights into an MLC model folder."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument(
        "config", type=Path, help="Hugging Face folder, its config.json, or a .gguf file"
    )
    add_quantization(parser, required=True)
    add_model_type(parser)
    parser.add_argument(
        "--device",
        choices=["auto", "cpu"],
        default="auto",
        help="device that quantizes; only the CPU is supported (default: auto)",
    )
    parser.add_argument(
        "--source",
        default="auto",
        help="folder of the safetensors files (default: auto, where config.json lies)",
    )
    parser.add_argument(
        "--source-format",
        choices=SOURCE_FORMATS,
        default="auto",
        help="format of the weights (default: auto, by the file's name)",
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, help="model folder to write into"
    )


def run(options: argparse.Namespace, progress: Progress) -> None:
    """Converts; raises `CompilerError`."""
    source = open_source(
        options.config,
        weights=None if options.source == "auto" else Path(options.source),
        source_format=options.source_format,
    )
    convert_weights(
        source,
        QUANTIZATIONS[options.quantization],
        options.output,
        model_type=options.model_type,
        progress=progress,
    )
