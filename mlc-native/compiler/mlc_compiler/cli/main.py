"""Parsing, error reports and exit statuses shared by all commands."""

import argparse
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from mlc_compiler import __version__
from mlc_compiler.cli import compile, convert_weight, gen_config
from mlc_compiler.errors import CompilerError, OptionError
from mlc_compiler.progress import Progress

_COMMANDS = {
    "convert_weight": convert_weight,
    "gen_config": gen_config,
    "compile": compile,
}
_FAILED = 1
_BAD_USAGE = 2
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status.

    0 is success, 1 a file or a system call that failed, 2 options that cannot be honoured, 130 an
    interruption.
    """
    parsed = _parser().parse_args(arguments)
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        _COMMANDS[parsed.command].run(parsed, Progress())
    except (CompilerError, OSError, MemoryError) as error:
        if parsed.verbose:
            traceback.print_exc()
        print(f"error: {_describe(error)}", file=sys.stderr)
        return _BAD_USAGE if isinstance(error, OptionError) else _FAILED
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return _INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, previous)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mlc",
        description="Makes MLC model folders and model libraries.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in _COMMANDS.items():
        sub = commands.add_parser(name, help=command.SUMMARY, description=command.SUMMARY)
        command.add_arguments(sub)
        sub.add_argument("--verbose", action="store_true", help="print a traceback with an error")
    return parser


def _describe(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "not enough memory; close other programs or use a smaller model"
    return str(error)


def _interrupt(signal_number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
