"""How a model's weights are made from its quantization."""

from collections.abc import Mapping

from tvm.relax.frontend import nn

from mlc_compiler.ops.kernels import Kernels
from mlc_compiler.ops.operands import Dense, Matrix
from mlc_compiler.ops.weights import stored_weight
from mlc_compiler.quantization import Quantization, plain


class LayerFactory:
    """Makes a model's weights: the one place where stored forms meet kernels."""

    def __init__(
        self, quantization: Quantization, kernels: Kernels, tensor_formats: Mapping[str, str]
    ) -> None:
        self.kernels = kernels
        self.dtype = quantization.model_dtype
        self.kv_dtype = kernels.kv_dtype(quantization)
        self._plain = plain(quantization)
        self._quantization = quantization
        self._tensor_formats = tensor_formats

    def matrix(self, name: str, rows: int, columns: int) -> Matrix:
        """The matrix ``name`` of a linear layer without bias, or an embedding table."""
        tensor_format = self._tensor_formats.get(name)
        return Matrix(stored_weight(self._quantization, name, rows, columns, tensor_format))

    def dense(self, name: str, rows: int, columns: int) -> Dense:
        """The matrix ``name`` of a linear layer with a bias in the model's dtype."""
        tensor_format = self._tensor_formats.get(name)
        stored = stored_weight(self._quantization, name, rows, columns, tensor_format)
        return Dense(stored, self.dtype)

    def plain_matrix(self, rows: int, columns: int) -> Matrix:
        """A table that is never quantized."""
        return Matrix(stored_weight(self._plain, "a table", rows, columns, None))

    def layer_norm(self, size: int, epsilon: float) -> nn.LayerNorm:
        """A norm with mean and bias, its parameters in the model's dtype."""
        return nn.LayerNorm(size, epsilon, dtype=self.dtype)

    def norm(self, size: int, epsilon: float) -> nn.RMSNorm:
        """A root-mean-square norm with a weight in the model's dtype."""
        return nn.RMSNorm(size, -1, epsilon, bias=False, dtype=self.dtype)
