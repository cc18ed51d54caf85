package org.mlcengine.sampling;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Logits or weights in the order of their token ids: the model's own row, or a selection from one.
 * Read and written in blocks of {@link Blocks#SIZE}.
 */
final class Row {
  private int[] ids = {};
  private float[] selection = {};
  private MemorySegment selectionView = MemorySegment.ofArray(selection);
  private MemorySegment values = selectionView;
  private boolean selected = true;
  private int size;

  /** Makes this the first values of a segment; their ids are their indices. */
  void view(MemorySegment segment, int length) {
    values = segment;
    selected = false;
    size = length;
  }

  /** Makes this an empty selection with room for so many values. */
  void select(int capacity) {
    if (selection.length < capacity) {
      ids = new int[capacity];
      selection = new float[capacity];
      selectionView = MemorySegment.ofArray(selection);
    }
    values = selectionView;
    selected = true;
    size = 0;
  }

  /** Adds a value to the selection. */
  void add(int id, float value) {
    ids[size] = id;
    selection[size++] = value;
  }

  int size() {
    return size;
  }

  int id(int index) {
    return selected ? ids[index] : index;
  }

  float value(int index) {
    return values.getAtIndex(JAVA_FLOAT, index);
  }

  int blocks() {
    return Blocks.count(size);
  }

  int length(int block) {
    return Math.min(Blocks.SIZE, size - block * Blocks.SIZE);
  }

  /** Reads a block; what lies beyond the row's end becomes the padding. */
  void read(int block, float[] target, float padding) {
    int length = length(block);
    MemorySegment.copy(values, JAVA_FLOAT, offset(block), target, 0, length);
    if (length < Blocks.SIZE) {
      Arrays.fill(target, length, Blocks.SIZE, padding);
    }
  }

  /** Reads the bits of a block's values; what lies beyond the row's end becomes the padding. */
  void readBits(int block, int[] target, int padding) {
    int length = length(block);
    MemorySegment.copy(values, JAVA_INT, offset(block), target, 0, length);
    if (length < Blocks.SIZE) {
      Arrays.fill(target, length, Blocks.SIZE, padding);
    }
  }

  void write(int block, float[] source) {
    MemorySegment.copy(source, 0, values, JAVA_FLOAT, offset(block), length(block));
  }

  private static long offset(int block) {
    return 4L * Blocks.SIZE * block;
  }
}
