"""The machines that a library can be compiled for."""

import platform
from dataclasses import asdict, dataclass
from typing import Any

from tvm import target as tvm_target
from tvm.target import codegen

from mlc_compiler.errors import OptionError


@dataclass(frozen=True)
class CpuTarget:
    """A processor level: what the library's machine code expects of the CPU that runs it.

    `level` is the name that users give, `mcpu` LLVM's name, `features` the CPU features beyond the
    architecture's baseline, by LLVM's names.
    """

    level: str
    mcpu: str
    mtriple: str
    features: tuple[str, ...]

    @property
    def has_native_kernels(self) -> bool:
        """Whether the library of native kernels is built for this kind of machine."""
        return "linux" in self.mtriple

    def to_tvm(self) -> tvm_target.Target:
        """The target for TVM."""
        return tvm_target.Target({"kind": "llvm", "mtriple": self.mtriple, "mcpu": self.mcpu})

    def as_dict(self) -> dict[str, Any]:
        """The ``target`` object of a library's metadata."""
        return {"kind": "llvm", **asdict(self), "features": list(self.features)}


_X86_V2 = ("cx16", "popcnt", "sse3", "sse4.1", "sse4.2", "ssse3")
_X86_V3 = (*_X86_V2, "avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe")
_X86_V4 = (*_X86_V3, "avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl")
_X86_LEVELS = {"x86-64-v2": _X86_V2, "x86-64-v3": _X86_V3, "x86-64-v4": _X86_V4}
_ARM_LEVEL = "aarch64"


def find_target(name: str | None = None) -> CpuTarget:
    """The target of that name; without one, the highest level of this machine.

    Raises `OptionError` for a name that this machine's architecture does not have: libraries are
    linked by this machine's linker.
    """
    levels = _host_levels()
    if name is None:
        name = _best(levels)
    if name not in levels:
        raise OptionError(f"unknown target {name!r}; expected one of {', '.join(levels)}")
    mcpu = "generic" if name == _ARM_LEVEL else name
    return CpuTarget(name, mcpu, codegen.llvm_get_system_triple(), levels[name])


def _host_levels() -> dict[str, tuple[str, ...]]:
    machine = platform.machine().lower()
    if machine in ("x86_64", "amd64"):
        return _X86_LEVELS
    if machine in ("aarch64", "arm64"):
        return {_ARM_LEVEL: ("neon",)}
    raise OptionError(f"no targets for processors of type {machine}; use x86-64 or aarch64")


def _best(levels: dict[str, tuple[str, ...]]) -> str:
    """The last level all of whose features this machine has, else the first."""
    host = tvm_target.Target({"kind": "llvm", "mcpu": codegen.llvm_get_system_cpu()})
    found = codegen.llvm_get_cpu_features(host)
    fitting = [level for level, features in levels.items() if set(features) <= set(found)]
    return fitting[-1] if fitting else next(iter(levels))
