"""llama.cpp's predictions of every token of a text, as JSON lines; quality.py runs this.

    llamacpp_predictions.py MODEL --threads N (--tokenize TEXT --tokens N | [--f32] < LISTS)

With --tokenize, prints the first N token ids of TEXT as one list. Else each line of standard input
is a list of token ids, and each line of standard output answers it:

    {"best", "logprobs"}

for each token but the first, the most likely token in its place and the natural logarithm of its
own probability. The key-value cache is in float16, llama.cpp's default; with --f32 in float32.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np

CONTEXT = 2048
BATCH = 512


class Llama:
    """A loaded model."""

    def __init__(self, path: Path, threads: int, f32: bool) -> None:
        settings = llama_cpp.llama_model_default_params()
        settings.n_gpu_layers = 0
        self._model = llama_cpp.llama_model_load_from_file(os.fsencode(path), settings)
        if not self._model:
            sys.exit(f"error: llama.cpp cannot load {path}")
        self._vocabulary = llama_cpp.llama_model_get_vocab(self._model)
        self._words = llama_cpp.llama_vocab_n_tokens(self._vocabulary)
        context = llama_cpp.llama_context_default_params()
        context.n_ctx = CONTEXT
        context.n_batch = context.n_ubatch = BATCH
        context.n_threads = context.n_threads_batch = threads
        if f32:
            context.type_k = context.type_v = llama_cpp.GGML_TYPE_F32
            context.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
        self._context = llama_cpp.llama_init_from_model(self._model, context)
        self._batch = llama_cpp.llama_batch_init(BATCH, 0, 1)

    def tokenize(self, text: str) -> list[int]:
        """The token ids of a text."""
        data = text.encode()
        ids = (llama_cpp.llama_token * (len(data) + 8))()
        count = llama_cpp.llama_tokenize(
            self._vocabulary, data, len(data), ids, len(ids), False, False
        )
        return list(ids[:count])

    def predict(self, tokens: Sequence[int]) -> dict[str, Any]:
        """One line of the output; see the module's text."""
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self._context), True)
        best: list[int] = []
        logprobs: list[float] = []
        for start in range(0, len(tokens) - 1, BATCH):
            given = tokens[start : min(start + BATCH, len(tokens) - 1)]
            logits = self._logits(given, start)
            best += map(int, logits.argmax(axis=1))
            own = logits[np.arange(len(given)), tokens[start + 1 : start + 1 + len(given)]]
            highest = logits.max(axis=1)
            sums = np.exp(logits.astype(np.float64) - highest[:, None]).sum(axis=1)
            logprobs += map(float, own - highest - np.log(sums))
        return {"best": best, "logprobs": logprobs}

    def _logits(self, tokens: Sequence[int], start: int) -> np.ndarray:
        """Appends tokens from position `start` on; the logits after each of them."""
        batch = self._batch
        batch.n_tokens = len(tokens)
        for place, token in enumerate(tokens):
            batch.token[place] = token
            batch.pos[place] = start + place
            batch.n_seq_id[place] = 1
            batch.seq_id[place][0] = 0
            batch.logits[place] = True
        if llama_cpp.llama_decode(self._context, batch):
            sys.exit("error: llama.cpp's decoding failed")
        pointer = llama_cpp.llama_get_logits(self._context)
        return np.ctypeslib.as_array(pointer, shape=(len(tokens), self._words))


def main(arguments: Sequence[str]) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--tokenize", type=Path, metavar="TEXT")
    parser.add_argument("--tokens", type=int)
    parser.add_argument("--f32", action="store_true")
    chosen = parser.parse_args(arguments)
    # llama.cpp reports every tensor; the callback must outlive all calls.
    silence = llama_cpp.llama_log_callback(lambda *_: None)
    llama_cpp.llama_log_set(silence, ctypes.c_void_p())
    llama_cpp.llama_backend_init()
    llama = Llama(chosen.model, chosen.threads, chosen.f32)
    if chosen.tokenize:
        text = chosen.tokenize.read_text(encoding="utf-8")
        print(json.dumps(llama.tokenize(text)[: chosen.tokens]), flush=True)
    else:
        for line in sys.stdin:
            print(json.dumps(llama.predict(json.loads(line))), flush=True)
    # Python's own tear-down would free the model's parts in any order.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
