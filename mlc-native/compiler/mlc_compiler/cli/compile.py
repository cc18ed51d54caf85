"""`compile`: a model library for one kind of machine."""

import argparse
from pathlib import Path

from mlc_compiler.cli.common import add_model_type, add_quantization
from mlc_compiler.errors import ModelFileError, OptionError
from mlc_compiler.progress import Progress

SUMMARY = "Compile a model library from an MLC model folder."

_CONFIG_FILES = ("mlc-chat-config.json", "config.json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("model", type=Path, help="MLC model folder or its mlc-chat-config.json")
    add_quantization(parser, required=False, note=" (default: the config's quantization)")
    add_model_type(parser)
    parser.add_argument(
        "--device",
        choices=["auto", "cpu"],
        default="auto",
        help="device that the library runs on; only the CPU is supported (default: auto)",
    )
    parser.add_argument(
        "--host",
        choices=["auto"],
        default="auto",
        help="system that the library runs on; only this machine's own is supported",
    )
    parser.add_argument(
        "--opt",
        choices=["O2"],
        default="O2",
        help="level of optimization; the CPU has one (default: O2)",
    )
    parser.add_argument(
        "--target",
        metavar="LEVEL",
        help="CPU level, for example x86-64-v3 (default: the highest of this machine)",
    )
    parser.add_argument(
        "--overrides",
        default="",
        metavar="NAME=N;...",
        help="sizes to compile instead of the config's: context_window_size, prefill_chunk_size, "
        "max_batch_size",
    )
    parser.add_argument(
        "--kernels",
        metavar="NAME",
        help="native calls the kernels of the CPU library, tir compiles TVM's into the model "
        "library (default: native on Linux, tir elsewhere)",
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, help="library file to write, ending in .so"
    )


def run(options: argparse.Namespace, progress: Progress) -> None:
    """Compiles; raises `CompilerError`."""
    overrides = parse_overrides(options.overrides)
    config_path = _find_config(options.model)
    if options.output.is_dir():
        raise OptionError(f"--output {options.output} is a folder; give the library's file name")
    try:
        from mlc_compiler.compile import compile_model
    except ModuleNotFoundError as error:
        raise OptionError(
            f"compiling needs the package {error.name}; run in the compiler's environment or "
            "install mlc-compiler[compile]"
        ) from error
    compile_model(
        config_path,
        options.output,
        quantization=options.quantization,
        model_type=None if options.model_type == "auto" else options.model_type,
        target=options.target,
        overrides=overrides,
        kernels=options.kernels,
        progress=progress,
    )


def parse_overrides(text: str) -> dict[str, int]:
    """Reads `name=number` pairs with semicolons between them."""
    overrides: dict[str, int] = {}
    for pair in filter(None, map(str.strip, text.split(";"))):
        name, separator, value = pair.partition("=")
        try:
            overrides[name.strip()] = int(value)
        except ValueError:
            separator = ""
        if not separator:
            raise OptionError(f"--overrides takes NAME=NUMBER pairs, found {pair!r}")
    return overrides


def _find_config(model: Path) -> Path:
    if model.is_file():
        return model
    for name in _CONFIG_FILES:
        if (model / name).is_file():
            return model / name
    raise ModelFileError(f"{model} has no {_CONFIG_FILES[0]}; make one with gen_config")
