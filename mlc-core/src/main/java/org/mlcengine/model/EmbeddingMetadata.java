package org.mlcengine.model;

/**
 * How a model's hidden states become one vector.
 *
 * @param pooling what makes one vector of all tokens'
 * @param normalize whether it then gets the length 1
 */
public record EmbeddingMetadata(Pooling pooling, boolean normalize) {
  /** What makes one vector of all tokens'. */
  public enum Pooling {
    /** Their mean. */
    MEAN,
    /** The first token's. */
    CLS,
    /** The last token's. */
    LAST
  }

  static EmbeddingMetadata read(JsonObject object) {
    String field = "model_type";
    if (!object.string(field).equals("encoder")) {
      throw object.invalid(field, "\"encoder\", since this engine makes embeddings with encoders");
    }
    return new EmbeddingMetadata(
        pooling(object, "pooling_strategy"), object.bool("normalize", false));
  }

  private static Pooling pooling(JsonObject object, String field) {
    return switch (object.string(field)) {
      case "mean" -> Pooling.MEAN;
      case "cls" -> Pooling.CLS;
      case "last" -> Pooling.LAST;
      default -> throw object.invalid(field, "\"mean\", \"cls\" or \"last\"");
    };
  }
}
