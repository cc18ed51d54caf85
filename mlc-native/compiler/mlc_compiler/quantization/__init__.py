"""The quantizations: what each stores for a matrix, and under which names and shapes."""

from mlc_compiler.quantization.quantization import (
    QUANTIZATIONS,
    Parameter,
    Quantization,
    find_quantization,
    plain,
)

__all__ = ["QUANTIZATIONS", "Parameter", "Quantization", "find_quantization", "plain"]
