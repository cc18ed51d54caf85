"""The llama family: Llama 2 and 3, SmolLM2, TinyLlama and others of the same layers."""

from itertools import pairwise

from tvm.relax.frontend import nn
from tvm.relax.frontend.nn import Tensor
from tvm.relax.frontend.nn.llm.kv_cache import PagedKVCache

from mlc_compiler.config.llama import LlamaConfig
from mlc_compiler.models.causal_lm import CausalLM, Rows
from mlc_compiler.models.layers import LayerFactory
from mlc_compiler.ops.attention_spec import AttentionSpec
from mlc_compiler.ops.operands import LayerWeights, Matrix, NormedLinear


class LlamaAttention(nn.Module):
    """Grouped-query attention with one projection for queries, keys and values."""

    def __init__(
        self, config: LlamaConfig, layers: LayerFactory, name: str, spec: AttentionSpec
    ) -> None:
        hidden, queries = config.hidden_size, spec.num_heads * spec.head_dim
        heads, size = spec.qkv_features
        self.qkv_proj = layers.matrix(f"{name}.qkv_proj", heads * size, hidden)
        self.o_proj = layers.matrix(f"{name}.o_proj", hidden, queries)


class LlamaMLP(nn.Module):
    """``down(silu(gate(x)) * up(x))`` with one projection for gate and up."""

    def __init__(self, config: LlamaConfig, layers: LayerFactory, name: str) -> None:
        hidden, inner = config.hidden_size, config.intermediate_size
        self.gate_up_proj = layers.matrix(f"{name}.gate_up_proj", 2 * inner, hidden)
        self.down_proj = layers.matrix(f"{name}.down_proj", hidden, inner)


class LlamaLayer(nn.Module):
    """One layer: attention and MLP, each on normed input and added to the residual."""

    def __init__(
        self, config: LlamaConfig, layers: LayerFactory, name: str, spec: AttentionSpec
    ) -> None:
        self.self_attn = LlamaAttention(config, layers, f"{name}.self_attn", spec)
        self.mlp = LlamaMLP(config, layers, f"{name}.mlp")
        self.input_layernorm = layers.norm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = layers.norm(config.hidden_size, config.rms_norm_eps)
        self._spec = spec

    @property
    def to_qkv(self) -> NormedLinear:
        """What makes queries, keys and values of the residual."""
        features = self._spec.qkv_features
        return NormedLinear(self.input_layernorm, self.self_attn.qkv_proj, features)

    @property
    def after_attention(self) -> LayerWeights:
        """What the attention's output goes through."""
        rows = self.mlp.gate_up_proj.stored.rows
        gate_up = NormedLinear(self.post_attention_layernorm, self.mlp.gate_up_proj, (rows,))
        return LayerWeights(self.self_attn.o_proj, gate_up, self.mlp.down_proj)


class LlamaModel(nn.Module):
    """Embedding table, layers and final norm."""

    def __init__(self, config: LlamaConfig, layers: LayerFactory, spec: AttentionSpec) -> None:
        hidden = config.hidden_size
        self.embed_tokens = layers.matrix("model.embed_tokens", config.vocab_size, hidden)
        self.layers = nn.ModuleList(
            [
                LlamaLayer(config, layers, f"model.layers.{i}", spec)
                for i in range(config.num_hidden_layers)
            ]
        )
        self.norm = layers.norm(hidden, config.rms_norm_eps)


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
            kv_dtype=layers.kv_dtype,
        )
        super().__init__(layers, spec, config.hidden_size, config.prefill_chunk_size)
        self.model = LlamaModel(config, layers, spec)
        self.lm_head = (
            None
            if config.tie_word_embeddings
            else layers.matrix("lm_head", config.vocab_size, config.hidden_size)
        )

    @property
    def embeddings(self) -> Matrix:
        return self.model.embed_tokens

    @property
    def final_norm(self) -> nn.RMSNorm:
        return self.model.norm

    @property
    def output(self) -> Matrix:
        return self.lm_head or self.model.embed_tokens

    def run_layers(self, x: Tensor, cache: PagedKVCache, rows: Rows) -> Tensor:
        kernels, layers = self.kernels, list(self.model.layers)
        qkv = kernels.norm_linear(x, layers[0].to_qkv, self.attention.kv_dtype)
        for i, (layer, following) in enumerate(pairwise(layers)):
            attended = kernels.attention(cache, i, qkv, self.attention)
            x, qkv = kernels.layer(x, attended, layer.after_attention, following.to_qkv)
        attended = kernels.attention(cache, len(layers) - 1, qkv, self.attention)
        return kernels.last_layer(rows(x), rows(attended), layers[-1].after_attention)
