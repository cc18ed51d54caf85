"""Kernels in TIR, and how they read the stored forms of a weight."""
