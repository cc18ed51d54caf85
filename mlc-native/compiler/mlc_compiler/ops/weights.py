"""How kernels read a stored weight matrix back as float32.

A matrix has one row per output feature; its columns are cut into groups of 32. A kernel reads a
group in two steps of 16 lanes: a step yields codes, and ``value = code * scale + offset`` with one
scale and one offset per group.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from tvm import tirx

from mlc_compiler.errors import OptionError
from mlc_compiler.quantization import Parameter, Quantization
from mlc_compiler.quantization.quantization import Kind

GROUP = 32
LANES = 16
STEPS = GROUP // LANES

Buffers = Sequence[tirx.Buffer]


class Decoder(ABC):
    """Reads one stored form; ``stored`` are its tensors in parameter order."""

    @abstractmethod
    def codes(self, stored: Buffers, row, group, step: int) -> tirx.Expr:
        """The codes of 16 elements of a group, float32x16."""

    def scale(self, stored: Buffers, row, group) -> tirx.Expr | None:
        """The factor of a group, float32; None stands for 1."""
        return None

    def offset(self, stored: Buffers, row, group) -> tirx.Expr | None:
        """The addend of a group, float32; None stands for 0."""
        return None

    def column(self, step: int, lane):
        """The column inside its group that a lane of a step holds."""
        return step * LANES + lane

    @property
    def in_order(self) -> bool:
        """Whether the lanes follow the order of the columns."""
        return True

    def values(self, stored: Buffers, row, group, step: int) -> tirx.Expr:
        """The 16 elements of a step, float32x16."""
        values = self.codes(stored, row, group, step)
        scale = self.scale(stored, row, group)
        offset = self.offset(stored, row, group)
        if scale is not None:
            values = values * tirx.Broadcast(scale, LANES)
        if offset is not None:
            values = values + tirx.Broadcast(offset, LANES)
        return values


@dataclass(frozen=True)
class PlainDecoder(Decoder):
    """``weight`` in float16 or float32."""

    def codes(self, stored, row, group, step):
        return _floats(stored[0][row, _columns(group, step)])


@dataclass(frozen=True)
class GroupDecoder(Decoder):
    """Group quantization: ``(code - (2**(bits-1) - 1)) * scale``."""

    bits: int

    def codes(self, stored, row, group, step):
        if self.bits == 4:
            return _floats(_nibbles(stored[0], row, group, step))
        return _floats(_bytes(stored[0], row, group * 8 + step * 4))

    def scale(self, stored, row, group):
        return tirx.Cast("float32", stored[1][row, group])

    def offset(self, stored, row, group):
        zero_point = float(2 ** (self.bits - 1) - 1)
        return self.scale(stored, row, group) * tirx.const(-zero_point, "float32")

    def column(self, step: int, lane):
        return super().column(step, lane) if self.in_order else lane * 2 + step

    @property
    def in_order(self) -> bool:
        return self.bits != 4


@dataclass(frozen=True)
class Q4BlockDecoder(Decoder):
    """GGUF's Q4_0, ``(code - 8) * scale``, and Q4_1, ``code * scale + min``."""

    has_min: bool

    def codes(self, stored, row, group, step):
        return _floats(_nibbles(stored[0], row, group, step))

    def scale(self, stored, row, group):
        return tirx.Cast("float32", stored[1][row, group])

    def offset(self, stored, row, group):
        if self.has_min:
            return tirx.Cast("float32", stored[2][row, group])
        return self.scale(stored, row, group) * tirx.const(-8.0, "float32")


@dataclass(frozen=True)
class Q8BlockDecoder(Decoder):
    """GGUF's Q8_0: ``code * scale`` with signed codes."""

    def codes(self, stored, row, group, step):
        return _floats(stored[0][row, _columns(group, step)])

    def scale(self, stored, row, group):
        return tirx.Cast("float32", stored[1][row, group])


_DECODERS: dict[str, Decoder] = {
    "Q4_0": Q4BlockDecoder(has_min=False),
    "Q4_1": Q4BlockDecoder(has_min=True),
    "Q8_0": Q8BlockDecoder(),
    "F16": PlainDecoder(),
    "F32": PlainDecoder(),
}


@dataclass(frozen=True)
class StoredWeight:
    """A matrix of ``[rows, columns]``, its tensors and their decoder.

    ``form`` names what is stored: GGUF's name of a format, or a group quantization's name.
    """

    form: str
    rows: int
    columns: int
    parameters: tuple[Parameter, ...]
    decoder: Decoder


def stored_weight(
    quantization: Quantization, name: str, rows: int, columns: int, tensor_format: str | None
) -> StoredWeight:
    """How ``quantization`` stores the matrix ``name``.

    Raises `OptionError` if the columns cannot be cut into groups of 32.
    """
    if columns % GROUP:
        raise OptionError(
            f"{name} has {columns} columns; the kernels need a multiple of {GROUP}. "
            "Models of such sizes cannot be compiled"
        )
    parameters = quantization.parameters(name, rows, columns, tensor_format)
    match quantization.kind:
        case Kind.PLAIN:
            form = {"float16": "F16", "float32": "F32"}[quantization.model_dtype]
        case Kind.GROUP:
            form = quantization.name
        case Kind.BLOCKS:
            form = tensor_format
    decoder = _DECODERS.get(form) or GroupDecoder(quantization.bits)
    return StoredWeight(form, rows, columns, tuple(parameters), decoder)


def _floats(values: tirx.Expr) -> tirx.Expr:
    return tirx.Cast(f"float32x{LANES}", values)


def _columns(group, step: int) -> tirx.Expr:
    return tirx.Ramp(group * GROUP + step * LANES, 1, LANES)


def _bytes(words: tirx.Buffer, row, first_word) -> tirx.Expr:
    """The 16 bytes of four words, lowest byte first."""
    return tirx.reinterpret("uint8x16", words[row, tirx.Ramp(first_word, 1, 4)])


def _nibbles(words: tirx.Buffer, row, group, step: int) -> tirx.Expr:
    """The low (step 0) or high (step 1) nibbles of a group's 16 bytes."""
    packed = _bytes(words, row, group * 4)
    if step == 0:
        return packed & tirx.Broadcast(tirx.const(15, "uint8"), LANES)
    return packed >> tirx.Broadcast(tirx.const(4, "uint8"), LANES)
