"""Makes a complete model folder with random weights: ``python -m mlc_compiler.testing.tiny OUT``.

The folder holds the configuration, the weights, a byte-level tokenizer and a compiled library.
"""

import argparse
from pathlib import Path

from mlc_compiler.compile import compile_model
from mlc_compiler.config.chat_config import ChatOptions, generate_config
from mlc_compiler.config.llama import LlamaConfig
from mlc_compiler.progress import Progress
from mlc_compiler.quantization import QUANTIZATIONS, find_quantization
from mlc_compiler.testing.random_source import RandomSource
from mlc_compiler.testing.tokenizer import vocabulary
from mlc_compiler.weights.convert import convert_weights

LIBRARY = "tiny.so"


def tiny_config(*, tie_word_embeddings: bool = True) -> LlamaConfig:
    """A llama of two layers, with two query heads for each of two key-value heads."""
    return LlamaConfig(
        hidden_size=64,
        intermediate_size=96,
        num_attention_heads=4,
        num_hidden_layers=2,
        num_key_value_heads=2,
        head_dim=16,
        vocab_size=len(vocabulary()) + 5,
        rms_norm_eps=1e-5,
        context_window_size=512,
        prefill_chunk_size=128,
        max_batch_size=8,
        tie_word_embeddings=tie_word_embeddings,
    )


def make_tiny_model(
    output: Path,
    quantization: str,
    *,
    config: LlamaConfig | None = None,
    seed: int = 0,
    target: str | None = None,
    kernels: str | None = None,
    progress: Progress | None = None,
) -> RandomSource:
    """Writes the model folder and returns the source of its weights."""
    progress = progress or Progress()
    scheme = find_quantization(quantization)
    config = config or tiny_config()
    source = RandomSource(config, seed=seed, blocks=scheme.keeps_source_formats)
    output.mkdir(parents=True, exist_ok=True)
    convert_weights(source, scheme, output, progress=progress)
    options = ChatOptions(
        conv_template="chatml", overrides={"max_batch_size": config.max_batch_size}
    )
    generate_config(source, scheme, options, output, progress=progress)
    compile_model(
        output / "mlc-chat-config.json",
        output / LIBRARY,
        target=target,
        kernels=kernels,
        progress=progress,
    )
    return source


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Makes a tiny model folder with random weights.")
    parser.add_argument("output", type=Path, help="folder to write into")
    parser.add_argument("--quantization", choices=list(QUANTIZATIONS), default="q0f32")
    parser.add_argument("--seed", type=int, default=0, help="of the weights (default: 0)")
    parser.add_argument("--target", help="CPU level (default: this machine)")
    parser.add_argument("--kernels", help="set of kernels (default: the compiler's choice)")
    options = parser.parse_args()
    make_tiny_model(
        options.output,
        options.quantization,
        seed=options.seed,
        target=options.target,
        kernels=options.kernels,
    )


if __name__ == "__main__":
    main()
