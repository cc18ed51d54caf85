package org.mlcengine.protocol;

import java.util.Arrays;
import java.util.List;

/**
 * A reply to a request for vectors.
 *
 * @param model the model's name
 * @param data a vector for each input, in the order of the request
 * @param usage how many tokens all inputs have together, special ones included
 * @param encoding how JSON writes the vectors
 */
public record EmbeddingResponse(
    String model, List<Embedding> data, Usage usage, EmbeddingEncoding encoding) {
  /** Copies the list. */
  public EmbeddingResponse {
    data = List.copyOf(data);
  }

  /** One input's vector. */
  public static final class Embedding {
    private final int index;
    private final float[] vector;

    /** Creates one; copies the vector. */
    public Embedding(int index, float... vector) {
      this.index = index;
      this.vector = vector.clone();
    }

    /** Returns the input's place in the request, from 0. */
    public int index() {
      return index;
    }

    /** Returns a copy of the vector. */
    public float[] vector() {
      return vector.clone();
    }

    /** Returns how many numbers the vector has. */
    public int dimensions() {
      return vector.length;
    }

    /** Returns whether the other one has the same place and the same numbers. */
    @Override
    public boolean equals(Object other) {
      return other instanceof Embedding that
          && index == that.index
          && Arrays.equals(vector, that.vector);
    }

    @Override
    public int hashCode() {
      return 31 * index + Arrays.hashCode(vector);
    }

    @Override
    public String toString() {
      return "Embedding[index=%d, dimensions=%d]".formatted(index, vector.length);
    }
  }
}
