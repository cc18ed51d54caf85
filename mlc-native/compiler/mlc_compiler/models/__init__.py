"""Model architectures as Relax modules, one file per family."""
