"""Turns compiled functions into a shared library with the machine's own linker."""

import os
import shutil
import tempfile
from pathlib import Path

from tvm import relax

from mlc_compiler.errors import OptionError

_COMPILERS = ("c++", "g++", "clang++", "cc", "gcc", "clang")


def link(executable: relax.VMExecutable, output: Path) -> None:
    """Writes ``executable`` to ``output``; an existing file is replaced at the end, or stays.

    Raises `OptionError` where no C or C++ compiler is installed, whose linker this needs.
    """
    compiler = _find_compiler()
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".linking-") as folder:
        built = Path(folder) / output.name
        executable.export_library(str(built), cc=compiler)
        os.replace(built, output)


def _find_compiler() -> str:
    wanted = [os.environ["CXX"]] if os.environ.get("CXX") else _COMPILERS
    for name in wanted:
        path = shutil.which(name)
        if path:
            return path
    raise OptionError(
        f"linking a model library needs a C or C++ compiler; looked for {', '.join(wanted)}. "
        "Install one (g++ or clang), or set CXX to its path"
    )
