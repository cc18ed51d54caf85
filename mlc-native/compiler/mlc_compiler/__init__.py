"""Makes MLC model folders and model libraries from Hugging Face folders and GGUF files."""

__version__ = "0.1.0"
