package org.mlcengine.sampling;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The smallest set of the most probable tokens whose mass reaches top-p, with all that are as
 * probable as its last member. The vocabulary is filtered before anything is put in order: most
 * rows have a few hundred tokens above the first cutoff. Nothing is sorted: the JDK's sort
 * allocates.
 */
final class Nucleus {
  private static final double SLACK = 1e-5;
  private static final double[] CUTOFFS = {1.0 / 256, 1.0 / 8192, 0};
  private static final float NOT_REACHED = -1;

  private int[] ids = new int[512];
  private float[] weights = new float[512];
  private float[] order = new float[512];
  private int count;

  /**
   * Draws a token.
   *
   * @param row float32 weights, the largest of them 1
   * @param sum the sum of the first {@code size} weights
   * @param uniform from 0 to 1
   */
  int draw(MemorySegment row, int size, double sum, double topP, double uniform) {
    double wanted = (topP - SLACK) * sum;
    if (wanted <= 1) {
      collect(row, size, 1);
      return pick(1, uniform);
    }
    float boundary = NOT_REACHED;
    for (int i = 0; boundary == NOT_REACHED && i < CUTOFFS.length; i++) {
      collect(row, size, (float) (topP * CUTOFFS[i] * sum));
      boundary = boundary(wanted);
    }
    return pick(boundary, uniform);
  }

  private void collect(MemorySegment row, int size, float cutoff) {
    count = 0;
    for (int i = 0; i < size; i++) {
      float weight = row.getAtIndex(JAVA_FLOAT, i);
      if (weight >= cutoff && weight > 0) {
        if (count == ids.length) {
          grow();
        }
        ids[count] = i;
        weights[count++] = weight;
      }
    }
  }

  /**
   * Returns the weight down to which the candidates' mass reaches the wanted one: a quickselect
   * that follows mass instead of rank.
   */
  private float boundary(double wanted) {
    System.arraycopy(weights, 0, order, 0, count);
    double mass = 0;
    int from = 0;
    int to = count;
    while (from < to) {
      float pivot = median(order[from], order[(from + to) >>> 1], order[to - 1]);
      double above = 0;
      double equal = 0;
      int greater = from;
      int less = to;
      for (int i = from; i < less; ) {
        float weight = order[i];
        if (weight > pivot) {
          above += weight;
          order[i++] = order[greater];
          order[greater++] = weight;
        } else if (weight < pivot) {
          order[i] = order[--less];
          order[less] = weight;
        } else {
          equal += weight;
          i++;
        }
      }
      if (mass + above >= wanted) {
        to = greater;
      } else if (mass + above + equal >= wanted) {
        return pivot;
      } else {
        mass += above + equal;
        from = less;
      }
    }
    return NOT_REACHED;
  }

  private static float median(float a, float b, float c) {
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }

  private int pick(float boundary, double uniform) {
    double kept = 0;
    int last = -1;
    for (int i = 0; i < count; i++) {
      if (weights[i] >= boundary) {
        kept += weights[i];
        last = i;
      }
    }
    double threshold = uniform * kept;
    double cumulative = 0;
    for (int i = 0; i < last; i++) {
      if (weights[i] >= boundary) {
        cumulative += weights[i];
        if (cumulative >= threshold) {
          return ids[i];
        }
      }
    }
    return ids[last];
  }

  private void grow() {
    int length = 2 * ids.length;
    ids = Arrays.copyOf(ids, length);
    weights = Arrays.copyOf(weights, length);
    order = new float[length];
  }
}
