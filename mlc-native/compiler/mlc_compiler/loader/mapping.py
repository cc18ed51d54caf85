"""Parameters of a model in terms of its source's tensors, whatever the quantization."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mlc_compiler.errors import ModelFileError
from mlc_compiler.loader.source import ModelSource
from mlc_compiler.quantization import Quantization
from mlc_compiler.tensor import SourceTensor, concatenate_rows

_MIXED_PARTS = "F32"


@dataclass(frozen=True)
class ModelTensor:
    """A parameter, made by stacking the rows of `parts`.

    A matrix is quantized, and its stored arrays add a suffix to `name`; a vector, or a small table
    that is kept in the model's dtype, keeps `name`.
    """

    name: str
    parts: tuple[str, ...]
    shape: tuple[int, ...]
    is_matrix: bool = False

    @staticmethod
    def matrix(name: str, modules: Sequence[str], rows: int, columns: int) -> "ModelTensor":
        """A matrix made of the `.weight` tensors of modules."""
        parts = tuple(f"{m}.weight" for m in modules)
        return ModelTensor(name, parts, (rows, columns), is_matrix=True)

    @staticmethod
    def vector(name: str, size: int) -> "ModelTensor":
        """A vector with the same name in the source."""
        return ModelTensor.plain(name, (size,))

    @staticmethod
    def plain(name: str, shape: tuple[int, ...]) -> "ModelTensor":
        """A tensor that is never quantized, with the same name in the source."""
        return ModelTensor(name, (name,), shape)

    def read(self, source: ModelSource) -> SourceTensor:
        """Stacks the parts and checks the shape."""
        tensor = concatenate_rows(self.name, [source.tensor(part) for part in self.parts])
        if tensor.shape != self.shape:
            raise ModelFileError(
                f"{' + '.join(self.parts)} must make {self.name} of shape {list(self.shape)}, "
                f"found {list(tensor.shape)}; the config does not fit the weights"
            )
        return tensor


def tensor_formats(
    tensors: Iterable[ModelTensor], source: ModelSource, quantization: Quantization
) -> dict[str, str]:
    """`model_config.tensor_formats`; empty unless the quantization keeps the source's formats."""
    if not quantization.keeps_source_formats:
        return {}
    formats = source.formats()
    return {
        tensor.name: _stored_format(tensor, formats, quantization)
        for tensor in tensors
        if tensor.is_matrix
    }


def _stored_format(
    tensor: ModelTensor, formats: Mapping[str, str], quantization: Quantization
) -> str:
    missing = [part for part in tensor.parts if part not in formats]
    if missing:
        raise ModelFileError(
            f"the source has no tensor {missing[0]}; it is incomplete or of another architecture"
        )
    found = {formats[part] for part in tensor.parts}
    stored = quantization.stored_format(found.pop() if len(found) == 1 else _MIXED_PARTS)
    assert stored is not None
    return stored
