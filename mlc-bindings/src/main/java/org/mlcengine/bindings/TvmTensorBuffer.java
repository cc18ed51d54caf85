package org.mlcengine.bindings;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mlcengine.bindings.generated.DLTensor;

/**
 * An input tensor to be filled and passed again and again, with another first dimension each time:
 * token ids, positions. It is CPU memory that the garbage collector frees; a {@link TvmCall} that
 * has it as an argument keeps it. Functions that keep their argument need a {@link TvmTensor}
 * instead.
 */
public final class TvmTensorBuffer {
  private final long capacity;
  private final DataType type;
  private final MemorySegment descriptor;
  private final MemorySegment data;
  private final long[] shape;

  private TvmTensorBuffer(DataType type, long[] maximum) {
    this.type = type;
    shape = maximum.clone();
    capacity = shape[0];
    Arena arena = Arena.ofAuto();
    data = arena.allocate(Math.max(1, type.bytes(TensorLayout.elements(shape))), 64);
    descriptor = arena.allocate(TensorLayout.size(shape.length), Long.BYTES);
    TensorLayout.write(descriptor, DLTensor.sizeof(), data.address(), Device.CPU, type, shape);
  }

  /**
   * Makes a zeroed buffer of that type, aligned to 64 bytes.
   *
   * @param maximum the largest shape, outermost dimension first; at least one dimension
   */
  public static TvmTensorBuffer allocate(DataType type, long... maximum) {
    if (maximum.length == 0) {
      throw new IllegalArgumentException("a buffer needs at least one dimension");
    }
    return new TvmTensorBuffer(type, maximum);
  }

  /** The type of the elements. */
  public DataType dataType() {
    return type;
  }

  /** The memory for the largest shape, in row-major order. */
  public MemorySegment data() {
    return data;
  }

  /** The first dimension as it is passed next. */
  public long length() {
    return descriptor.get(ValueLayout.JAVA_LONG, DLTensor.sizeof());
  }

  /**
   * Sets the first dimension. Allocates nothing.
   *
   * @return this
   * @throws IllegalArgumentException if {@code length} is negative or above the maximum
   */
  public TvmTensorBuffer setLength(long length) {
    if (length < 0 || length > capacity) {
      throw new IllegalArgumentException(
          "length " + length + " is not within 0 and the buffer's maximum, " + capacity);
    }
    descriptor.set(ValueLayout.JAVA_LONG, DLTensor.sizeof(), length);
    return this;
  }

  /** The address of the DLTensor. */
  long descriptor() {
    return descriptor.address();
  }
}
