package org.mlcengine.sampling;

import java.util.ArrayList;
import java.util.List;

/** The most probable tokens of a row. */
final class Ranking {
  private static final double LEAST_PROBABILITY = 1e-10;

  private final int[] tokens;
  private final float[] weights;
  private int size;

  Ranking(int limit) {
    tokens = new int[limit];
    weights = new float[limit];
  }

  /**
   * Enters the tokens of a row.
   *
   * @param smallest the bits of the smallest weight that counts
   */
  void addAll(Row row, int smallest) {
    if (weights.length == 0) {
      return;
    }
    int[] bits = new int[Blocks.SIZE];
    int floor = smallest;
    for (int block = 0; block < row.blocks(); block++) {
      row.readBits(block, bits, 0);
      for (int i = 0; i < Blocks.SIZE; i++) {
        if (bits[i] >= floor) {
          add(row.id(block * Blocks.SIZE + i), Float.intBitsToFloat(bits[i]));
          // Of equal weights the first ones stay.
          floor = size < weights.length ? floor : Float.floatToRawIntBits(weights[size - 1]) + 1;
        }
      }
    }
  }

  /** Enters a token; of equally probable ones, those entered first rank first. */
  void add(int token, float weight) {
    if (weights.length == 0) {
      return;
    }
    int place = Math.min(size, weights.length - 1);
    size = place + 1;
    while (place > 0 && weights[place - 1] < weight) {
      tokens[place] = tokens[place - 1];
      weights[place] = weights[place - 1];
      place--;
    }
    tokens[place] = token;
    weights[place] = weight;
  }

  /** Returns the tokens with their probabilities, weights over the mass, as logarithms. */
  List<TokenLogprobs.Entry> entries(double mass) {
    List<TokenLogprobs.Entry> entries = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      entries.add(entry(tokens[i], weights[i], mass));
    }
    return entries;
  }

  static TokenLogprobs.Entry entry(int token, double weight, double mass) {
    double logprob = Math.log(Math.max(weight / mass, LEAST_PROBABILITY));
    return new TokenLogprobs.Entry(token, (float) logprob);
  }
}
