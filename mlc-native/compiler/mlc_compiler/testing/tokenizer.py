"""A byte-level tokenizer without merges: one token per byte, and chat markers."""

import json

SPECIAL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


def vocabulary() -> dict[str, int]:
    """Token texts by id: first the special tokens, then the 256 bytes in byte-level spelling."""
    texts = [*SPECIAL_TOKENS, *(_spelling(byte) for byte in range(256))]
    return {text: number for number, text in enumerate(texts)}


def tokenizer_json() -> bytes:
    """The contents of `tokenizer.json`."""
    added = [
        {
            "id": number,
            "content": text,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
        for number, text in enumerate(SPECIAL_TOKENS)
    ]
    byte_level = {
        "type": "ByteLevel",
        "add_prefix_space": False,
        "trim_offsets": True,
        "use_regex": True,
    }
    model = {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": vocabulary(),
        "merges": [],
    }
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": None,
        "decoder": byte_level,
        "model": model,
    }
    return json.dumps(tokenizer, indent=1, ensure_ascii=False).encode()


def _spelling(byte: int) -> str:
    """GPT-2's printable stand-in for a byte: itself, or a character from U+0100 on."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    if byte in shown:
        return chr(byte)
    return chr(0x100 + sum(other not in shown for other in range(byte)))
