package org.mlcengine.runtime;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mlcengine.model.EmbeddingMetadata;

/** Makes one vector of a text's hidden states. */
public final class TextPooling {
  /** Shorter vectors have no direction, and are left as they are. */
  private static final double LEAST_LENGTH = 1e-12;

  private TextPooling() {}

  /**
   * Returns a text's vector; sums are in double precision.
   *
   * @param hidden float32 [tokens, size], the text's hidden states alone
   * @param size elements of a hidden state
   * @param how what is done
   */
  public static float[] pool(MemorySegment hidden, int size, EmbeddingMetadata how) {
    int tokens = Math.toIntExact(hidden.byteSize() / Float.BYTES / size);
    double[] sum = new double[size];
    switch (how.pooling()) {
      case MEAN -> {
        for (int token = 0; token < tokens; token++) {
          add(hidden, (long) token * size, sum);
        }
        divide(sum, tokens);
      }
      case CLS -> add(hidden, 0, sum);
      case LAST -> add(hidden, (long) (tokens - 1) * size, sum);
    }
    if (how.normalize()) {
      divide(sum, length(sum));
    }
    float[] vector = new float[size];
    for (int i = 0; i < size; i++) {
      vector[i] = (float) sum[i];
    }
    return vector;
  }

  private static void add(MemorySegment hidden, long first, double[] sum) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += hidden.getAtIndex(ValueLayout.JAVA_FLOAT, first + i);
    }
  }

  private static double length(double[] vector) {
    double squares = 0;
    for (double value : vector) {
      squares += value * value;
    }
    double length = Math.sqrt(squares);
    return length > LEAST_LENGTH ? length : 1;
  }

  private static void divide(double[] vector, double by) {
    for (int i = 0; i < vector.length; i++) {
      vector[i] /= by;
    }
  }
}
