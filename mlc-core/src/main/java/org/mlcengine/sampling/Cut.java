package org.mlcengine.sampling;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Draws from a row of weights, of which top-k, min-p and top-p leave the largest: those down to a
 * smallest weight, ties included. Most rows have a few hundred tokens above the first cutoff;
 * looking for the smallest weight among those spares the passes over the whole row.
 */
final class Cut {
  private static final double SLACK = 1e-5;
  private static final int ONE = Float.floatToRawIntBits(1);
  private static final int LEAST = Float.floatToRawIntBits(Exponentials.LEAST);

  /** A block of weights that are all below the least has less. */
  private static final double LEAST_SUM = Blocks.SIZE * (double) Exponentials.LEAST;

  private static final double[] CUTOFFS = {0x1p-8, 0x1p-13, 0x1p-18};
  private static final int MOST_CANDIDATES = 8 * Blocks.SIZE;

  private final SamplingParams params;
  private final Boundary boundary = new Boundary();
  private final Row candidates = new Row();
  private final double[] sums;
  private final int[] floors = new int[CUTOFFS.length];
  private final int[] counts = new int[CUTOFFS.length];
  private final int[] bits = new int[Blocks.SIZE];
  private final float[] values = new float[Blocks.SIZE];
  private final MemorySegment bitsView = MemorySegment.ofArray(bits);
  private final MemorySegment valuesView = MemorySegment.ofArray(values);
  private Row kept = candidates;
  private int smallest;
  private double mass;

  Cut(SamplingParams params, int vocabSize) {
    this.params = params;
    sums = new double[Blocks.count(vocabSize)];
  }

  /** Returns the array into which the sums of a row's blocks go before {@link #draw}. */
  double[] sums() {
    return sums;
  }

  /**
   * Draws the index of a token in {@link #kept}.
   *
   * @param row weights, the largest of them 1; {@link #sums} has their sums
   * @param sum the sum of the weights
   * @param uniform from 0 to 1
   */
  int draw(Row row, double sum, double uniform) {
    keepAll(row, sum);
    if (params.cuts()) {
      cut(sum);
      mass = massAtLeast(kept, smallest);
    }
    return pick(uniform * mass);
  }

  /** Lets the chances be those of the whole row. */
  void keepAll(Row row, double sum) {
    kept = row;
    smallest = LEAST;
    mass = sum;
  }

  /** Returns the row that holds all tokens that could have been drawn, and perhaps others. */
  Row kept() {
    return kept;
  }

  /** Returns the bits of the smallest weight in {@link #kept} that could have been drawn. */
  int smallest() {
    return smallest;
  }

  /** Returns the sum of the weights that could have been drawn. */
  double mass() {
    return mass;
  }

  private void cut(double sum) {
    smallest = Math.max(LEAST, Float.floatToRawIntBits((float) params.minP()));
    boolean limited = params.topK() > 0 && params.topK() < kept.size();
    boolean whole = !limited && params.minP() == 0;
    if (!whole || wanted(sum) > 1) {
      kept = narrow(kept, sum, limited);
    }
    if (limited) {
      smallest = boundary.find(kept, smallest, params.topK(), Double.POSITIVE_INFINITY);
    }
    if (params.topP() < 1) {
      double wanted = wanted(whole ? sum : massAtLeast(kept, smallest));
      smallest = wanted <= 1 ? ONE : boundary.find(kept, smallest, Long.MAX_VALUE, wanted);
    }
  }

  private double wanted(double total) {
    return (params.topP() - SLACK) * total;
  }

  /** Returns the weights above a cutoff if they are few and hold all that will be kept. */
  private Row narrow(Row row, double sum, boolean limited) {
    if (row.size() <= MOST_CANDIDATES) {
      return row;
    }
    double unit = limited ? 1 : params.topP() * sum;
    for (int i = 0; i < floors.length; i++) {
      floors[i] = Float.floatToRawIntBits((float) Math.min(1, CUTOFFS[i] * unit));
      floors[i] = Math.max(floors[i], smallest);
    }
    count(row);
    int chosen = floors.length - 1;
    while (chosen >= 0 && counts[chosen] > MOST_CANDIDATES) {
      chosen--;
    }
    if (chosen < 0) {
      return row;
    }
    boolean complete = floors[chosen] == smallest || (limited && counts[chosen] >= params.topK());
    if (!complete && (limited || params.minP() > 0)) {
      return row;
    }
    select(row, floors[chosen], counts[chosen]);
    return complete || massAtLeast(candidates, floors[chosen]) >= wanted(sum) ? candidates : row;
  }

  private void count(Row row) {
    Arrays.fill(counts, 0);
    for (int block = 0; block < row.blocks(); block++) {
      row.readBits(block, bits, 0);
      for (int i = 0; i < counts.length; i++) {
        counts[i] += Blocks.countAtLeast(bits, floors[i]);
      }
    }
  }

  private void select(Row row, int floor, int count) {
    candidates.select(count);
    for (int block = 0; block < row.blocks(); block++) {
      row.readBits(block, bits, 0);
      for (int i = 0; i < Blocks.SIZE; i++) {
        if (bits[i] >= floor) {
          candidates.add(row.id(block * Blocks.SIZE + i), Float.intBitsToFloat(bits[i]));
        }
      }
    }
  }

  /** Returns the mass of the weights from the floor up, and leaves that of each block. */
  private double massAtLeast(Row row, int floor) {
    double total = 0;
    for (int block = 0; block < row.blocks(); block++) {
      row.readBits(block, bits, 0);
      Blocks.keepAtLeast(bits, floor);
      MemorySegment.copy(bitsView, 0, valuesView, 0, valuesView.byteSize());
      sums[block] = Blocks.sum(values);
      total += sums[block];
    }
    return total;
  }

  /** Returns the first index at which the cumulative mass reaches the threshold. */
  private int pick(double threshold) {
    double before = 0;
    int last = 0;
    for (int block = 0; block < kept.blocks(); block++) {
      if (sums[block] >= LEAST_SUM) {
        last = block;
        if (before + sums[block] >= threshold) {
          break;
        }
        before += sums[block];
      }
    }
    return pickInBlock(last, threshold - before);
  }

  /**
   * Falls back on the last token of the block where rounding leaves its mass below the threshold.
   */
  private int pickInBlock(int block, double threshold) {
    kept.readBits(block, bits, 0);
    double cumulative = 0;
    int last = 0;
    for (int i = 0; i < Blocks.SIZE; i++) {
      if (bits[i] >= smallest) {
        last = i;
        cumulative += Float.intBitsToFloat(bits[i]);
        if (cumulative >= threshold) {
          break;
        }
      }
    }
    return block * Blocks.SIZE + last;
  }
}
