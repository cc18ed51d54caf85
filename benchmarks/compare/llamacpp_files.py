"""Makes the files that only llama.cpp can make; peers.py runs this.

    llamacpp_files.py GGUF F32_COPY Q4_0 TEXT PROMPTS

F32_COPY, the model in float32, is made when it is missing. Q4_0 is made from it: every matrix, the
embedding and the output layer included, in Q4_0. PROMPTS, a folder, gets NAME.txt and NAME.ids for
each prompt: `41` is a chat of 41 tokens, and the others are as many first tokens of TEXT as their
names say.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import llama_cpp

sys.path.append(str(Path(__file__).resolve().parents[1] / "parity"))

import reference

CHAT = (
    f"<|im_start|>system\n{reference.SYSTEM}<|im_end|>\n"
    "<|im_start|>user\nWhat is the capital of France? Explain in detail.<|im_end|>\n"
    "<|im_start|>assistant\n"
)
CHAT_TOKENS = 41
LENGTHS = (200, 512, 1900)


def quantize_to_q4_0(source: Path, target: Path) -> None:
    """Writes `source`, a file in float32, in Q4_0 throughout."""
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0
    parameters.token_embedding_type = llama_cpp.GGML_TYPE_Q4_0
    parameters.output_tensor_type = llama_cpp.GGML_TYPE_Q4_0
    failed = llama_cpp.llama_model_quantize(
        os.fsencode(source), os.fsencode(target), ctypes.byref(parameters)
    )
    if failed:
        sys.exit(f"error: llama.cpp did not quantize {source} (status {failed})")


class Vocabulary:
    """The tokenizer of a GGUF file."""

    def __init__(self, path: Path) -> None:
        settings = llama_cpp.llama_model_default_params()
        settings.vocab_only = True
        model = llama_cpp.llama_model_load_from_file(os.fsencode(path), settings)
        if not model:
            sys.exit(f"error: llama.cpp cannot load {path}")
        self._vocabulary = llama_cpp.llama_model_get_vocab(model)

    def encode(self, text: str) -> list[int]:
        """The token ids of a text, in which special tokens may be spelled out."""
        data = text.encode()
        ids = (llama_cpp.llama_token * (len(data) + 8))()
        count = llama_cpp.llama_tokenize(
            self._vocabulary, data, len(data), ids, len(ids), False, True
        )
        return list(ids[:count])

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of token ids."""
        ids = (llama_cpp.llama_token * len(tokens))(*tokens)
        data = ctypes.create_string_buffer(16 * len(tokens) + 64)
        size = llama_cpp.llama_detokenize(
            self._vocabulary, ids, len(ids), data, len(data), False, True
        )
        return data.raw[:size].decode()


def write_prompts(vocabulary: Vocabulary, text: str, folder: Path) -> None:
    """Writes all prompts; their texts have exactly the tokens that go with them."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = vocabulary.encode(text)
    prompts = {CHAT_TOKENS: CHAT}
    prompts |= {length: vocabulary.decode(whole[:length]) for length in LENGTHS}
    for length, prompt in prompts.items():
        tokens = vocabulary.encode(prompt)
        if len(tokens) != length:
            sys.exit(f"error: expected a prompt of {length} tokens, found {len(tokens)}")
        (folder / f"{length}.txt").write_text(prompt, encoding="utf-8")
        (folder / f"{length}.ids").write_text(" ".join(map(str, tokens)), encoding="utf-8")


def main(arguments: Sequence[str]) -> None:
    """The command line."""
    source, copy, q4_0, text, prompts = map(Path, arguments)
    llama_cpp.llama_backend_init()
    if not copy.is_file():
        reference.make_f32_copy(source, copy)
    quantize_to_q4_0(copy, q4_0)
    write_prompts(Vocabulary(source), text.read_text(encoding="utf-8"), prompts)


if __name__ == "__main__":
    main(sys.argv[1:])
