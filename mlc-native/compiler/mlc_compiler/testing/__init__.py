"""Tiny random models, for tests of this package and of programs that use its model folders."""
