"""How MLC's llama parameters are made of Hugging Face's tensors."""

from mlc_compiler.config.llama import LlamaConfig
from mlc_compiler.loader.mapping import ModelTensor


def model_tensors(config: LlamaConfig) -> list[ModelTensor]:
    """All parameters in the order in which the model defines them."""
    width = config.hidden_size
    heads = config.num_attention_heads * config.head_dim
    kv_heads = config.num_key_value_heads * config.head_dim
    tensors = [
        ModelTensor.matrix("model.embed_tokens", ["model.embed_tokens"], config.vocab_size, width)
    ]
    for layer in range(config.num_hidden_layers):
        prefix = f"model.layers.{layer}"
        attention, mlp = f"{prefix}.self_attn", f"{prefix}.mlp"
        qkv = [f"{attention}.{part}_proj" for part in "qkv"]
        gate_up = [f"{mlp}.gate_proj", f"{mlp}.up_proj"]
        tensors += [
            ModelTensor.matrix(f"{attention}.qkv_proj", qkv, heads + 2 * kv_heads, width),
            ModelTensor.matrix(f"{attention}.o_proj", [f"{attention}.o_proj"], width, heads),
            ModelTensor.matrix(f"{mlp}.gate_up_proj", gate_up, 2 * config.intermediate_size, width),
            ModelTensor.matrix(
                f"{mlp}.down_proj", [f"{mlp}.down_proj"], width, config.intermediate_size
            ),
            ModelTensor.vector(f"{prefix}.input_layernorm.weight", width),
            ModelTensor.vector(f"{prefix}.post_attention_layernorm.weight", width),
        ]
    tensors.append(ModelTensor.vector("model.norm.weight", width))
    if not config.tie_word_embeddings:
        tensors.append(ModelTensor.matrix("lm_head", ["lm_head"], config.vocab_size, width))
    return tensors
