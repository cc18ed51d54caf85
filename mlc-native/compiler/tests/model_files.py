"""Writers of small GGUF and safetensors files and models, for tests."""

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlc_compiler.tensor import FORMATS, SourceTensor

GGUF_TYPE_IDS = {"F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q8_0": 8, "Q4_K": 12, "BF16": 30}
TINY = {
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "num_hidden_layers": 2,
    "head_dim": 16,
    "vocab_size": 260,
    "rms_norm_eps": 1e-5,
    "max_position_embeddings": 128,
    "rope_theta": 500.0,
    "tie_word_embeddings": True,
}
SPECIAL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|tool|>")


def tiny_shapes() -> dict[str, tuple[int, ...]]:
    """Shapes of all Hugging Face tensors of the model `TINY`."""
    width, inner = TINY["hidden_size"], TINY["intermediate_size"]
    shapes: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (TINY["vocab_size"], width),
        "model.norm.weight": (width,),
    }
    for layer in range(TINY["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        shapes |= {
            prefix + "input_layernorm.weight": (width,),
            prefix + "post_attention_layernorm.weight": (width,),
            prefix + "self_attn.q_proj.weight": (64, width),
            prefix + "self_attn.k_proj.weight": (32, width),
            prefix + "self_attn.v_proj.weight": (32, width),
            prefix + "self_attn.o_proj.weight": (width, 64),
            prefix + "mlp.gate_proj.weight": (inner, width),
            prefix + "mlp.up_proj.weight": (inner, width),
            prefix + "mlp.down_proj.weight": (width, inner),
        }
    return shapes


def tiny_weights(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Random float32 weights of the model `TINY`."""
    return {
        name: rng.standard_normal(shape).astype(np.float32) for name, shape in tiny_shapes().items()
    }


def tokenizer_json() -> dict[str, Any]:
    """A byte-level tokenizer.json with the 256 bytes and four special tokens."""
    vocab = {token: index for index, token in enumerate([*SPECIAL_TOKENS, *byte_characters()])}
    added = [{"id": vocab[token], "content": token, "special": True} for token in SPECIAL_TOKENS]
    return {
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False},
        "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE", "vocab": vocab, "merges": []},
    }


def byte_characters() -> list[str]:
    """GPT-2's printable character for each byte."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    spare = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(spare)) for byte in range(256)]


def write_hugging_face(folder: Path, weights: Mapping[str, np.ndarray], **config: Any) -> Path:
    """Writes a Hugging Face folder of the model `TINY`."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({**TINY, **config}))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer_json()))
    tensors = [SourceTensor.of(name, values) for name, values in weights.items()]
    (folder / "model.safetensors").write_bytes(safetensors_bytes(tensors))
    return folder


def safetensors_bytes(tensors: Sequence[SourceTensor]) -> bytes:
    """A safetensors file of plain formats."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    chunks: list[bytes] = []
    offset = 0
    for tensor in tensors:
        chunks.append(tensor.data.tobytes())
        span = [offset, offset + len(chunks[-1])]
        offset = span[1]
        header[tensor.name] = {
            "dtype": tensor.format,
            "shape": list(tensor.shape),
            "data_offsets": span,
        }
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + b"".join(chunks)


def gguf_metadata(**changes: Any) -> dict[str, Any]:
    """The metadata of the model `TINY`; keyword `a__b` stands for key `a.b`, None removes it."""
    tokens = [*SPECIAL_TOKENS, *byte_characters()]
    metadata = {
        "general.architecture": "llama",
        "llama.block_count": TINY["num_hidden_layers"],
        "llama.context_length": TINY["max_position_embeddings"],
        "llama.embedding_length": TINY["hidden_size"],
        "llama.feed_forward_length": TINY["intermediate_size"],
        "llama.attention.head_count": TINY["num_attention_heads"],
        "llama.attention.head_count_kv": TINY["num_key_value_heads"],
        "llama.attention.layer_norm_rms_epsilon": TINY["rms_norm_eps"],
        "llama.rope.freq_base": TINY["rope_theta"],
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.merges": ["a b"],
        "tokenizer.ggml.token_type": [3] * 4 + [1] * 256,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
    }
    tokens[-1] = "ab"
    metadata |= {key.replace("__", "."): value for key, value in changes.items()}
    return {key: value for key, value in metadata.items() if value is not None}


def gguf_tensors(weights: Mapping[str, np.ndarray]) -> list[SourceTensor]:
    """Weights of the model `TINY` under GGUF's names, in llama.cpp's row order, as F32."""
    short = {
        "self_attn.q_proj": "attn_q",
        "self_attn.k_proj": "attn_k",
        "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output",
        "input_layernorm": "attn_norm",
        "post_attention_layernorm": "ffn_norm",
        "mlp.gate_proj": "ffn_gate",
        "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down",
    }
    tensors = []
    for name, values in weights.items():
        stored = {
            "model.embed_tokens.weight": "token_embd.weight",
            "model.norm.weight": "output_norm.weight",
            "lm_head.weight": "output.weight",
        }.get(name)
        if stored is None:
            _, _, layer, module = name.removesuffix(".weight").split(".", 3)
            stored = f"blk.{layer}.{short[module]}.weight"
        heads = {"q": 4, "k": 2}.get(name[-13]) if name.endswith("_proj.weight") else None
        if heads and ".self_attn." in name:
            shape = values.shape
            halves = values.reshape(heads, 2, shape[0] // heads // 2, shape[1])
            values = halves.swapaxes(1, 2).reshape(shape)
        tensors.append(SourceTensor.of(stored, values))
    return tensors


def gguf_bytes(metadata: Mapping[str, Any], tensors: Sequence[SourceTensor]) -> bytes:
    """A GGUF file, version 3, aligned to 32 bytes."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    head += b"".join(_string(key) + _value(value) for key, value in metadata.items())
    data = b""
    for tensor in tensors:
        dimensions = tensor.shape[::-1]
        head += _string(tensor.name) + struct.pack("<I", len(dimensions))
        head += struct.pack(f"<{len(dimensions)}Q", *dimensions)
        head += struct.pack("<IQ", GGUF_TYPE_IDS[tensor.format], len(data))
        data += _aligned(tensor.data.tobytes())
    return _aligned(head) + data


def _aligned(data: bytes) -> bytes:
    return data + bytes(-len(data) % 32)


def _string(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def _value(value: Any) -> bytes:
    kind, body = _typed(value)
    return struct.pack("<I", kind) + body


def _typed(value: Any) -> tuple[int, bytes]:
    if isinstance(value, bool):
        return 7, struct.pack("<?", value)
    if isinstance(value, int):
        return 4, struct.pack("<I", value)
    if isinstance(value, float):
        return 6, struct.pack("<f", value)
    if isinstance(value, str):
        return 8, _string(value)
    items = [_typed(item) for item in value]
    kind = items[0][0] if items else 4
    return 9, struct.pack("<IQ", kind, len(items)) + b"".join(body for _, body in items)


def supported_formats() -> list[str]:
    """The formats that both a GGUF file and this package know."""
    return [name for name in FORMATS if name in GGUF_TYPE_IDS]
