"""The command line: `python -m mlc_compiler convert_weight|gen_config|compile`."""

from mlc_compiler.cli.main import main

__all__ = ["main"]
