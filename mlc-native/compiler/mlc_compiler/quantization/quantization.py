"""The registry of quantizations and what each stores."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np

from mlc_compiler.errors import OptionError
from mlc_compiler.quantization import blocks, group
from mlc_compiler.tensor import SourceTensor


class Kind(Enum):
    """How matrices are stored; vectors such as norms always keep the model's dtype."""

    PLAIN = "plain"
    """`weight` in the model's dtype."""
    GROUP = "group"
    """See `mlc_compiler.quantization.group`."""
    BLOCKS = "blocks"
    """See `mlc_compiler.quantization.blocks`."""


class Parameter(NamedTuple):
    """One stored array of a matrix; its full name is the matrix's name, a dot, and the suffix."""

    suffix: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Quantization:
    """A way to store the matrices of a model.

    `model_dtype` is the dtype of norms, activations and group scales. `bits` and `group_size` are 0
    unless `kind` is `Kind.GROUP`.
    """

    name: str
    kind: Kind
    model_dtype: str
    bits: int = 0
    group_size: int = 0

    @property
    def keeps_source_formats(self) -> bool:
        """Whether what is stored for a matrix depends on its format in the source file."""
        return self.kind is Kind.BLOCKS

    def stored_format(self, source_format: str) -> str | None:
        """The value of `tensor_formats` for a matrix of a source format; None if it has none."""
        return blocks.STORED_FORMATS[source_format] if self.keeps_source_formats else None

    def parameters(
        self, name: str, rows: int, columns: int, tensor_format: str | None = None
    ) -> list[Parameter]:
        """The arrays stored for the matrix `name` of `[rows, columns]`.

        `tensor_format` is the matrix's entry in `model_config.tensor_formats`; only `gguf` needs
        it.
        """
        match self.kind:
            case Kind.PLAIN:
                return [Parameter("weight", self.model_dtype, (rows, columns))]
            case Kind.GROUP:
                groups = -(-columns // self.group_size)
                words = groups * self.group_size * self.bits // 32
                return [
                    Parameter("q_weight", "uint32", (rows, words)),
                    Parameter("q_scale", self.model_dtype, (rows, groups)),
                ]
            case Kind.BLOCKS:
                if tensor_format not in blocks.STORED_FORMATS.values():
                    raise OptionError(
                        f"quantization {self.name} needs the format of {name} in "
                        f"model_config.tensor_formats, found {tensor_format}; "
                        "make the model's config from its GGUF file with gen_config"
                    )
                planes = blocks.planes(tensor_format, rows, columns)
                return [Parameter(*plane) for plane in planes]

    def pack(self, tensor: SourceTensor) -> dict[str, np.ndarray]:
        """The arrays stored for a matrix, by suffix, as `parameters` describes them."""
        match self.kind:
            case Kind.PLAIN:
                return {"weight": self.pack_vector(tensor)}
            case Kind.GROUP:
                words, scale = group.pack(
                    tensor.name, tensor.to_float32(), self.bits, self.group_size, self.model_dtype
                )
                return {"q_weight": words, "q_scale": scale}
            case Kind.BLOCKS:
                return blocks.pack(tensor)

    def pack_vector(self, tensor: SourceTensor) -> np.ndarray:
        """A tensor that is not quantized, such as a norm, in the model's dtype."""
        values = tensor.to_float32()
        with np.errstate(over="ignore"):
            stored = values.astype(self.model_dtype)
        if not np.isfinite(stored).all():
            raise OptionError(
                f"{tensor.name} holds values that are not finite in {self.model_dtype}; "
                "use a quantization with float32 (q0f32, q4f32_1) or check the source"
            )
        return stored


QUANTIZATIONS: dict[str, Quantization] = {
    item.name: item
    for item in (
        Quantization("q0f32", Kind.PLAIN, "float32"),
        Quantization("q0f16", Kind.PLAIN, "float16"),
        Quantization("q4f16_1", Kind.GROUP, "float16", bits=4, group_size=32),
        Quantization("q4f32_1", Kind.GROUP, "float32", bits=4, group_size=32),
        Quantization("q8f16_1", Kind.GROUP, "float16", bits=8, group_size=32),
        Quantization("gguf", Kind.BLOCKS, "float32"),
    )
}
"""All quantizations by name."""


def plain(quantization: Quantization) -> Quantization:
    """What stores matrices in the same model dtype without quantizing them."""
    return QUANTIZATIONS[{"float16": "q0f16", "float32": "q0f32"}[quantization.model_dtype]]


def find_quantization(name: str) -> Quantization:
    """The quantization of that name; `OptionError` lists the names if there is none."""
    try:
        return QUANTIZATIONS[name]
    except KeyError:
        raise OptionError(
            f"unknown quantization {name!r}; expected one of {', '.join(QUANTIZATIONS)}"
        ) from None
