"""BERT and the models of the same layers: MiniLM, BGE, E5, GTE and others."""

from tvm import te
from tvm.relax.frontend import nn
from tvm.relax.frontend.nn import Tensor, op

from mlc_compiler.config.bert import BertConfig
from mlc_compiler.models.encoder import Encoder
from mlc_compiler.models.layers import LayerFactory


class BertEmbeddings(nn.Module):
    """The sum of a token's word, its position and the first type, normed."""

    def __init__(self, config: BertConfig, layers: LayerFactory) -> None:
        name, size = "embeddings", config.hidden_size
        self.word_embeddings = layers.matrix(f"{name}.word_embeddings", config.vocab_size, size)
        self.position_embeddings = layers.plain_matrix(config.context_window_size, size)
        self.token_type_embeddings = layers.plain_matrix(config.type_vocab_size, size)
        self.LayerNorm = layers.layer_norm(size, config.layer_norm_eps)
        self._kernels = layers.kernels

    def forward(self, ids: Tensor, positions: Tensor) -> Tensor:
        words = self._kernels.embedding(ids, self.word_embeddings, "float32")
        places = self._kernels.embedding(positions, self.position_embeddings, "float32")
        types = self.token_type_embeddings.tensors[0]
        summed = op.tensor_expr_op(_sum, "sum_embeddings", [words, places, types])
        return self._kernels.layer_norm(summed, self.LayerNorm)


class BertSelfAttention(nn.Module):
    """One projection for queries, keys and values."""

    def __init__(self, config: BertConfig, layers: LayerFactory, name: str) -> None:
        size = config.hidden_size
        self.qkv = layers.dense(f"{name}.qkv", 3 * size, size)


class BertOutput(nn.Module):
    """A projection whose result is added to the residual and normed."""

    def __init__(self, config: BertConfig, layers: LayerFactory, name: str, columns: int) -> None:
        self.dense = layers.dense(f"{name}.dense", config.hidden_size, columns)
        self.LayerNorm = layers.layer_norm(config.hidden_size, config.layer_norm_eps)


class BertAttention(nn.Module):
    """The parts of a layer's attention."""

    def __init__(self, config: BertConfig, layers: LayerFactory, name: str) -> None:
        self.self = BertSelfAttention(config, layers, f"{name}.self")
        self.output = BertOutput(config, layers, f"{name}.output", config.hidden_size)


class BertIntermediate(nn.Module):
    """The projection that GELU follows."""

    def __init__(self, config: BertConfig, layers: LayerFactory, name: str) -> None:
        rows = config.intermediate_size
        self.dense = layers.dense(f"{name}.dense", rows, config.hidden_size)


class BertLayer(nn.Module):
    """One layer: attention and MLP, the norm behind each."""

    def __init__(self, config: BertConfig, layers: LayerFactory, name: str) -> None:
        self.attention = BertAttention(config, layers, f"{name}.attention")
        self.intermediate = BertIntermediate(config, layers, f"{name}.intermediate")
        self.output = BertOutput(config, layers, f"{name}.output", config.intermediate_size)
        self._heads, self._head_dim = config.num_attention_heads, config.head_dim
        self._kernels = layers.kernels

    def forward(self, x: Tensor, starts: Tensor) -> Tensor:
        kernels, heads = self._kernels, (self._heads, self._head_dim)
        qkv = kernels.dense(x, self.attention.self.qkv)
        attended = kernels.whole_attention(qkv, starts, *heads)
        x = self._add(attended, self.attention.output, x)
        inner = kernels.dense_gelu(x, self.intermediate.dense)
        return self._add(inner, self.output, x)

    def _add(self, x: Tensor, output: BertOutput, residual: Tensor) -> Tensor:
        return self._kernels.dense_norm(x, output.dense, residual, output.LayerNorm)


class BertEncoder(nn.Module):
    """All layers."""

    def __init__(self, config: BertConfig, layers: LayerFactory) -> None:
        names = [f"encoder.layer.{i}" for i in range(config.num_hidden_layers)]
        self.layer = nn.ModuleList([BertLayer(config, layers, name) for name in names])


class BertModel(Encoder):
    """The whole model, without the pooler that its training used."""

    def __init__(self, config: BertConfig, layers: LayerFactory) -> None:
        super().__init__(layers)
        self.embeddings = BertEmbeddings(config, layers)
        self.encoder = BertEncoder(config, layers)

    def hidden_states(self, ids: Tensor, positions: Tensor, starts: Tensor) -> Tensor:
        x = self.embeddings(ids, positions)
        for layer in self.encoder.layer:
            x = layer(x, starts)
        return x


def _sum(words: te.Tensor, places: te.Tensor, types: te.Tensor) -> te.Tensor:
    return te.compute(
        words.shape,
        lambda i, j: words[i, j] + places[i, j] + types[0, j].astype("float32"),
        name="sum_embeddings",
    )
