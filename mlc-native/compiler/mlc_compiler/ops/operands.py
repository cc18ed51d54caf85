"""The weights that kernels are given, as a model holds them."""

from dataclasses import dataclass

from tvm.relax.frontend import nn
from tvm.relax.frontend.nn import Tensor

from mlc_compiler.ops.weights import StoredWeight


class Matrix(nn.Module):
    """A stored matrix; its tensors are attributes named by their suffix."""

    def __init__(self, stored: StoredWeight) -> None:
        self.stored = stored
        for parameter in stored.parameters:
            value = nn.Parameter(parameter.shape, parameter.dtype)
            setattr(self, parameter.suffix, value)

    @property
    def tensors(self) -> list[Tensor]:
        """The stored tensors in parameter order."""
        return [getattr(self, parameter.suffix) for parameter in self.stored.parameters]


class Dense(Matrix):
    """A matrix with a bias, `[rows]` in the dtype ``dtype``, that is added to its products."""

    def __init__(self, stored: StoredWeight, dtype: str) -> None:
        super().__init__(stored)
        self.bias = nn.Parameter((stored.rows,), dtype)


@dataclass(frozen=True)
class NormedLinear:
    """A root-mean-square norm and the matrix that its result is multiplied by.

    ``features`` is the shape of a row of the product; the matrix has as many rows as it has
    elements.
    """

    norm: nn.RMSNorm
    matrix: Matrix
    features: tuple[int, ...]


@dataclass(frozen=True)
class LayerWeights:
    """What a decoder layer computes with after its attention.

    ``x += o(attended)``, then ``x += down(silu(gate) * up)`` where gate and up are the halves of
    ``gate_up(x)``.
    """

    o: Matrix
    gate_up: NormedLinear
    down: Matrix
