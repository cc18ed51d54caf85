"""Compiles a model's functions into a model library."""

from mlc_compiler.compile.compiler import compile_model

__all__ = ["compile_model"]
