"""Conversion of weights, and the files that hold them."""
