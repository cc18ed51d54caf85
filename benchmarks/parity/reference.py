"""llama.cpp's greedy replies in float32, as JSON lines on stdout; parity.py runs this.

    reference.py GGUF F32_COPY PROMPTS --tokens N --threads N

Makes F32_COPY, GGUF's own blocks dequantized by llama.cpp's quantizer, when it is missing. PROMPTS
is a JSON list of user texts. Each line answers one:

    {"prompt", "prompt_tokens", "tokens", "margins", "runners_up"}

margins[i] is the highest logit minus the second highest where tokens[i] was chosen, and
runners_up[i] is the token of the second highest. No token ends a reply.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import llama_cpp
import numpy as np

SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"


class ReferenceFailed(Exception):
    """llama.cpp refused a step; the message says which."""


@dataclass(frozen=True)
class Reply:
    """One line of the output; see the module's text."""

    prompt: str
    prompt_tokens: list[int]
    tokens: list[int]
    margins: list[float]
    runners_up: list[int]


def make_f32_copy(source: Path, copy: Path) -> None:
    """Writes `source` with every tensor in float32 to `copy`, which appears when it is whole."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = llama_cpp.LLAMA_FTYPE_ALL_F32
    parameters.allow_requantize = True
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=copy.parent) as folder:
        partial = Path(folder) / copy.name
        failed = llama_cpp.llama_model_quantize(
            os.fsencode(source), os.fsencode(partial), ctypes.byref(parameters)
        )
        if failed:
            raise ReferenceFailed(f"llama.cpp made no F32 copy of {source} (status {failed})")
        partial.replace(copy)


class Llama:
    """A model in float32 throughout: weights, activations and key-value cache."""

    def __init__(self, model: Path, threads: int, positions: int) -> None:
        """Loads `model`, a GGUF file in F32, for sequences of up to `positions` tokens."""
        settings = llama_cpp.llama_model_default_params()
        settings.n_gpu_layers = 0
        self._model = llama_cpp.llama_model_load_from_file(os.fsencode(model), settings)
        if not self._model:
            raise ReferenceFailed(f"llama.cpp cannot load {model}")
        self._vocabulary = llama_cpp.llama_model_get_vocab(self._model)
        self._words = llama_cpp.llama_vocab_n_tokens(self._vocabulary)
        context = llama_cpp.llama_context_default_params()
        context.n_ctx = context.n_batch = context.n_ubatch = positions
        context.n_threads = context.n_threads_batch = threads
        context.type_k = context.type_v = llama_cpp.GGML_TYPE_F32
        context.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
        self._context = llama_cpp.llama_init_from_model(self._model, context)
        if not self._context:
            raise ReferenceFailed(f"llama.cpp makes no context of {positions} positions")
        self._positions = llama_cpp.llama_n_ctx(self._context)

    def close(self) -> None:
        """Frees the model."""
        llama_cpp.llama_free(self._context)
        llama_cpp.llama_model_free(self._model)

    def prompt_tokens(self, user: str) -> list[int]:
        """The token ids of a chat with one user message, up to where the reply begins."""
        template = llama_cpp.llama_model_chat_template(self._model, None)
        messages = (llama_cpp.llama_chat_message * 2)(
            llama_cpp.llama_chat_message(b"system", SYSTEM.encode()),
            llama_cpp.llama_chat_message(b"user", user.encode()),
        )
        text = ctypes.create_string_buffer(2 * len((SYSTEM + user).encode()) + 1024)
        length = llama_cpp.llama_chat_apply_template(
            template, messages, len(messages), True, text, len(text)
        )
        if not 0 <= length <= len(text):
            raise ReferenceFailed("llama.cpp does not know the chat template of this model")
        ids = (llama_cpp.llama_token * (length + 8))()
        count = llama_cpp.llama_tokenize(
            self._vocabulary, text.raw[:length], length, ids, len(ids), True, True
        )
        if count < 0:
            raise ReferenceFailed(f"llama.cpp cannot tokenize {user!r}")
        return list(ids[:count])

    def reply(self, prompt: str, prompt_tokens: list[int], length: int) -> Reply:
        """The greedy reply of exactly `length` tokens."""
        if len(prompt_tokens) + length > self._positions:
            raise ReferenceFailed(
                f"{len(prompt_tokens)} prompt tokens and {length} more exceed the context of "
                f"{self._positions}"
            )
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self._context), True)
        reply = Reply(prompt, prompt_tokens, [], [], [])
        following = prompt_tokens
        while len(reply.tokens) < length:
            logits = self._logits(following)
            second, first = _two_best(logits)
            reply.tokens.append(first)
            reply.runners_up.append(second)
            reply.margins.append(float(logits[first] - logits[second]))
            following = [first]
        return reply

    def _logits(self, tokens: list[int]) -> np.ndarray:
        """Appends `tokens` to the sequence; the logits after them, valid until the next call."""
        ids = (llama_cpp.llama_token * len(tokens))(*tokens)
        failed = llama_cpp.llama_decode(
            self._context, llama_cpp.llama_batch_get_one(ids, len(tokens))
        )
        if failed:
            raise ReferenceFailed(f"llama.cpp's decoding failed (status {failed})")
        pointer = llama_cpp.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(pointer, shape=(self._words,))


def _two_best(logits: np.ndarray) -> tuple[int, int]:
    """The indices of the second highest and the highest logit; of equals, the lower comes first."""
    first = int(logits.argmax())
    others = logits.copy()
    others[first] = -np.inf
    return int(others.argmax()), first


@contextmanager
def _opened(model: Path, threads: int, positions: int) -> Iterator[Llama]:
    llama = Llama(model, threads, positions)
    try:
        yield llama
    finally:
        llama.close()


def main(arguments: list[str]) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("gguf", type=Path)
    parser.add_argument("f32_copy", type=Path)
    parser.add_argument("prompts", type=Path)
    parser.add_argument("--tokens", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    chosen = parser.parse_args(arguments)

    # llama.cpp reports every tensor; the callback must outlive all calls.
    silence = llama_cpp.llama_log_callback(lambda *_: None)
    llama_cpp.llama_log_set(silence, None)
    llama_cpp.llama_backend_init()
    try:
        if not chosen.f32_copy.is_file():
            make_f32_copy(chosen.gguf, chosen.f32_copy)
        with _opened(chosen.f32_copy, chosen.threads, positions=2048) as llama:
            for prompt in json.loads(chosen.prompts.read_text(encoding="utf-8")):
                reply = llama.reply(prompt, llama.prompt_tokens(prompt), chosen.tokens)
                print(json.dumps(asdict(reply)), flush=True)
    except ReferenceFailed as failure:
        sys.exit(f"error: {failure}")


if __name__ == "__main__":
    main(sys.argv[1:])
