"""`gen_config`: mlc-chat-config.json and the tokenizer files."""

import argparse
from pathlib import Path

from mlc_compiler.cli.common import add_model_type, add_quantization
from mlc_compiler.config.chat_config import ChatOptions, generate_config
from mlc_compiler.config.embedding import STRATEGIES
from mlc_compiler.loader import open_source
from mlc_compiler.progress import Progress
from mlc_compiler.quantization import QUANTIZATIONS

SUMMARY = "Write mlc-chat-config.json and the tokenizer files of an MLC model folder."

_SIZES = {
    "context_window_size": "tokens that a sequence may have (default: the model's own limit)",
    "sliding_window_size": "tokens that attention sees, for models with a sliding window",
    "prefill_chunk_size": "prompt tokens per prefill call (default: the context, at most 8192)",
    "attention_sink_size": "first tokens that a sliding window keeps",
    "tensor_parallel_shards": "devices that share a model; only 1 is supported",
    "pipeline_parallel_stages": "stages that a model is split into; only 1 is supported",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument(
        "config", type=Path, help="Hugging Face folder, its config.json, or a .gguf file"
    )
    add_quantization(parser, required=True)
    add_model_type(parser)
    parser.add_argument(
        "--conv-template",
        metavar="NAME",
        help="conversation template, which chat models need, for example chatml or llama-3; "
        "an unknown name lists all",
    )
    parser.add_argument(
        "--system-message", metavar="TEXT", help="default system message of the template"
    )
    for name, text in _SIZES.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, metavar="N", help=text)
    parser.add_argument(
        "--max-batch-size",
        type=int,
        metavar="N",
        help="sequences per decode call, at most (default: 128); for embedding models, rows per "
        "padded call (default: 1)",
    )
    parser.add_argument("--temperature", type=float, help="default temperature")
    parser.add_argument("--top-p", type=float, help="default top_p")
    parser.add_argument(
        "--pooling",
        choices=STRATEGIES,
        help="how an embedding model makes one vector of all tokens' (default: as the "
        "sentence-transformers files say)",
    )
    parser.add_argument(
        "--normalize",
        action=argparse.BooleanOptionalAction,
        help="whether an embedding model's vectors get the length 1 (default: as those files say)",
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, help="model folder to write into"
    )


def run(options: argparse.Namespace, progress: Progress) -> None:
    """Generates; raises `CompilerError`."""
    sizes = {name: getattr(options, name) for name in (*_SIZES, "max_batch_size")}
    chat_options = ChatOptions(
        conv_template=options.conv_template,
        overrides={name: size for name, size in sizes.items() if size is not None},
        system_message=options.system_message,
        temperature=options.temperature,
        top_p=options.top_p,
        pooling=options.pooling,
        normalize=options.normalize,
    )
    generate_config(
        open_source(options.config),
        QUANTIZATIONS[options.quantization],
        chat_options,
        options.output,
        model_type=options.model_type,
        progress=progress,
    )
