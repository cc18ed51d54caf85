"""How MLC's BERT parameters are made of Hugging Face's tensors."""

from mlc_compiler.config.bert import BertConfig
from mlc_compiler.loader.mapping import ModelTensor


def model_tensors(config: BertConfig) -> list[ModelTensor]:
    """All parameters in the order in which the model defines them."""
    width, inner = config.hidden_size, config.intermediate_size
    embeddings = "embeddings"
    words, positions = f"{embeddings}.word_embeddings", f"{embeddings}.position_embeddings.weight"
    types = f"{embeddings}.token_type_embeddings.weight"
    tensors = [
        ModelTensor.matrix(words, [words], config.vocab_size, width),
        ModelTensor.plain(positions, (config.context_window_size, width)),
        ModelTensor.plain(types, (config.type_vocab_size, width)),
        *_norm(f"{embeddings}.LayerNorm", width),
    ]
    for layer in range(config.num_hidden_layers):
        prefix = f"encoder.layer.{layer}"
        attention = f"{prefix}.attention.self"
        qkv = [f"{attention}.{part}" for part in ("query", "key", "value")]
        biases = tuple(f"{part}.bias" for part in qkv)
        tensors += [
            ModelTensor.matrix(f"{attention}.qkv", qkv, 3 * width, width),
            ModelTensor(f"{attention}.qkv.bias", biases, (3 * width,)),
            *_dense(f"{prefix}.attention.output.dense", width, width),
            *_norm(f"{prefix}.attention.output.LayerNorm", width),
            *_dense(f"{prefix}.intermediate.dense", inner, width),
            *_dense(f"{prefix}.output.dense", width, inner),
            *_norm(f"{prefix}.output.LayerNorm", width),
        ]
    return tensors


def _dense(name: str, rows: int, columns: int) -> list[ModelTensor]:
    return [
        ModelTensor.matrix(name, [name], rows, columns),
        ModelTensor.vector(f"{name}.bias", rows),
    ]


def _norm(name: str, size: int) -> list[ModelTensor]:
    return [ModelTensor.vector(f"{name}.{part}", size) for part in ("weight", "bias")]
