package org.mlcengine.model;

/**
 * The shape of a model's KV cache.
 *
 * @param layers layers with attention
 * @param attentionHeads query heads per layer
 * @param kvHeads key and value heads per layer
 * @param headDim elements of a head
 * @param dtype element type of keys and values
 */
public record KvCacheShape(
    int layers, int attentionHeads, int kvHeads, int headDim, DataType dtype) {
  /** Tokens per page; libraries are compiled for this size alone. */
  public static final int PAGE_SIZE = 16;

  private static final long MAX_PAGE_BYTES = 1L << 30;

  /** Returns the bytes of one page over all layers. */
  public long pageBytes() {
    return 2L * layers * kvHeads * PAGE_SIZE * headDim * dtype.bytes();
  }

  static KvCacheShape read(JsonObject object, String quantization) {
    KvCacheShape shape =
        new KvCacheShape(
            object.integer("num_hidden_layers", 1, 1 << 12),
            object.integer("num_attention_heads", 1, 1 << 12),
            object.integer("num_key_value_heads", 1, 1 << 12),
            object.integer("head_dim", 1, 1 << 12),
            object.has("dtype") ? DataType.read(object, "dtype") : modelDtype(quantization));
    if (shape.pageBytes() > MAX_PAGE_BYTES) {
      throw object
          .source()
          .error(
              "field 'kv_cache': expected pages of at most %d bytes, found %d"
                  .formatted(MAX_PAGE_BYTES, shape.pageBytes()));
    }
    return shape;
  }

  /** The type that a quantization's name says the model computes in, which the cache shares. */
  private static DataType modelDtype(String quantization) {
    if (quantization.contains("bf16")) {
      return DataType.BFLOAT16;
    }
    return quantization.contains("f16") ? DataType.FLOAT16 : DataType.FLOAT32;
  }
}
