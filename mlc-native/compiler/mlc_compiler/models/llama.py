"""The llama family: Llama 2 and 3, SmolLM2, TinyLlama and others of the same layers."""

from tvm.relax.frontend import nn
from tvm.relax.frontend.nn import Tensor, op
from tvm.relax.frontend.nn.llm.kv_cache import PagedKVCache

from mlc_compiler.config.llama import LlamaConfig
from mlc_compiler.models.causal_lm import CausalLM
from mlc_compiler.models.layers import LayerFactory
from mlc_compiler.ops.attention_spec import AttentionSpec
from mlc_compiler.ops.kernels import Kernels


class LlamaAttention(nn.Module):
    """Grouped-query attention with one projection for queries, keys and values."""

    def __init__(
        self, config: LlamaConfig, layers: LayerFactory, name: str, spec: AttentionSpec
    ) -> None:
        queries = spec.num_heads * spec.head_dim
        both = 2 * spec.num_kv_heads * spec.head_dim
        self._spec = spec
        self._kernels: Kernels = layers.kernels
        self.qkv_proj = layers.linear(f"{name}.qkv_proj", config.hidden_size, queries + both)
        self.o_proj = layers.linear(f"{name}.o_proj", queries, config.hidden_size)

    def forward(self, x: Tensor, cache: PagedKVCache, layer: int) -> Tensor:
        attended = self._kernels.attention(cache, layer, self.qkv_proj(x), self._spec)
        return self.o_proj(attended)


class LlamaMLP(nn.Module):
    """``down(silu(gate(x)) * up(x))`` with one projection for gate and up."""

    def __init__(self, config: LlamaConfig, layers: LayerFactory, name: str) -> None:
        hidden, inner = config.hidden_size, config.intermediate_size
        self.gate_up_proj = layers.linear(f"{name}.gate_up_proj", hidden, 2 * inner)
        self.down_proj = layers.linear(f"{name}.down_proj", inner, hidden)

    def forward(self, x: Tensor) -> Tensor:
        gate, up = op.split(self.gate_up_proj(x), 2, axis=-1)
        return self.down_proj(op.silu(gate) * up)


class LlamaLayer(nn.Module):
    """One layer: attention and MLP, each on normed input and added to the residual."""

    def __init__(
        self, config: LlamaConfig, layers: LayerFactory, name: str, spec: AttentionSpec
    ) -> None:
        self.self_attn = LlamaAttention(config, layers, f"{name}.self_attn", spec)
        self.mlp = LlamaMLP(config, layers, f"{name}.mlp")
        self.input_layernorm = layers.norm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = layers.norm(config.hidden_size, config.rms_norm_eps)

    def forward(self, x: Tensor, cache: PagedKVCache, layer: int) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), cache, layer)
        return x + self.mlp(self.post_attention_layernorm(x))


class LlamaModel(nn.Module):
    """Embedding table, layers and final norm."""

    def __init__(self, config: LlamaConfig, layers: LayerFactory, spec: AttentionSpec) -> None:
        hidden = config.hidden_size
        self.embed_tokens = layers.embedding("model.embed_tokens", config.vocab_size, hidden)
        self.layers = nn.ModuleList(
            [
                LlamaLayer(config, layers, f"model.layers.{i}", spec)
                for i in range(config.num_hidden_layers)
            ]
        )
        self.norm = layers.norm(hidden, config.rms_norm_eps)

    def forward(self, x: Tensor, cache: PagedKVCache) -> Tensor:
        for i, layer in enumerate(self.layers):
            x = layer(x, cache, i)
        return self.norm(x)


class LlamaForCausalLM(CausalLM):
    """The whole model; without ``lm_head`` where the embedding table serves as one."""

    def __init__(self, config: LlamaConfig, layers: LayerFactory) -> None:
        spec = AttentionSpec(
            num_layers=config.num_hidden_layers,
            num_heads=config.num_attention_heads,
            num_kv_heads=config.num_key_value_heads,
            head_dim=config.head_dim,
            rope_theta=config.position_embedding_base,
            rope_scaling=dict(config.rope_scaling or {}),
            dtype=layers.dtype,
        )
        super().__init__(layers.kernels, spec, config.hidden_size, config.prefill_chunk_size)
        self.model = LlamaModel(config, layers, spec)
        self.lm_head = (
            None
            if config.tie_word_embeddings
            else layers.linear("lm_head", config.hidden_size, config.vocab_size)
        )

    def embed(self, input_ids: Tensor) -> Tensor:
        return self.model.embed_tokens(input_ids)

    def hidden_states(self, x: Tensor, cache: PagedKVCache) -> Tensor:
        return self.model(x, cache)

    def logits(self, x: Tensor) -> Tensor:
        if self.lm_head is None:
            return self.model.embed_tokens.logits(x)
        return self.lm_head(x, "float32")
