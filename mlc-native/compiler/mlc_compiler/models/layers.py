"""Layers that know how their weight is stored and which kernels run them."""

from collections.abc import Mapping

from tvm.relax.frontend import nn
from tvm.relax.frontend.nn import Tensor

from mlc_compiler.ops.kernels import Kernels
from mlc_compiler.ops.weights import StoredWeight, stored_weight
from mlc_compiler.quantization import Quantization


class WeightLayer(nn.Module):
    """A layer with one stored matrix; its tensors are attributes named by their suffix."""

    def __init__(self, weight: StoredWeight, kernels: Kernels) -> None:
        self._weight = weight
        self._kernels = kernels
        for parameter in weight.parameters:
            value = nn.Parameter(parameter.shape, parameter.dtype)
            setattr(self, parameter.suffix, value)

    def _stored(self) -> list[Tensor]:
        return [getattr(self, parameter.suffix) for parameter in self._weight.parameters]


class Linear(WeightLayer):
    """``x [a, b, columns]`` to ``[a, b, rows]``."""

    def forward(self, x: Tensor, out_dtype: str | None = None) -> Tensor:
        """Multiplies; ``out_dtype`` defaults to the dtype of ``x``."""
        return self._kernels.linear(x, self._weight, self._stored(), out_dtype or x.dtype)


class Embedding(WeightLayer):
    """A table of token embeddings, which can also serve as the output projection."""

    def __init__(self, weight: StoredWeight, kernels: Kernels, dtype: str) -> None:
        super().__init__(weight, kernels)
        self._dtype = dtype

    def forward(self, ids: Tensor) -> Tensor:
        """``int32[n]`` to ``[n, columns]``."""
        return self._kernels.embedding(ids, self._weight, self._stored(), self._dtype)

    def logits(self, x: Tensor) -> Tensor:
        """``x [a, b, columns]`` to ``float32[a, b, rows]``."""
        return self._kernels.linear(x, self._weight, self._stored(), "float32")


class LayerFactory:
    """Makes a model's layers: the one place where stored forms meet kernels."""

    def __init__(
        self, quantization: Quantization, kernels: Kernels, tensor_formats: Mapping[str, str]
    ) -> None:
        self.kernels = kernels
        self.dtype = quantization.model_dtype
        self._quantization = quantization
        self._tensor_formats = tensor_formats

    def linear(self, name: str, columns: int, rows: int) -> Linear:
        """A linear layer without bias whose matrix ``name`` is ``[rows, columns]``."""
        return Linear(self._weight(name, rows, columns), self.kernels)

    def embedding(self, name: str, rows: int, columns: int) -> Embedding:
        """An embedding table ``name`` of ``[rows, columns]``."""
        return Embedding(self._weight(name, rows, columns), self.kernels, self.dtype)

    def norm(self, size: int, epsilon: float) -> nn.RMSNorm:
        """A root-mean-square norm with a weight in the model's dtype."""
        return nn.RMSNorm(size, -1, epsilon, bias=False, dtype=self.dtype)

    def _weight(self, name: str, rows: int, columns: int) -> StoredWeight:
        tensor_format = self._tensor_formats.get(name)
        return stored_weight(self._quantization, name, rows, columns, tensor_format)
