package org.mlcengine.bindings;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.mlcengine.bindings.generated.DLTensor;

/** Reads and writes of DLPack's tensor descriptor (DLTensor) by address. */
final class TensorLayout {
  private static final long DATA = DLTensor.data$offset();
  private static final long DEVICE = DLTensor.device$offset();
  private static final long RANK = DLTensor.ndim$offset();
  private static final long TYPE = DLTensor.dtype$offset();
  private static final long SHAPE = DLTensor.shape$offset();
  private static final long STRIDES = DLTensor.strides$offset();
  private static final long BYTE_OFFSET = DLTensor.byte_offset$offset();

  private TensorLayout() {}

  static DataType type(long tensor) {
    return DataType.unpack(Integer.toUnsignedLong(Memory.getInt(tensor + TYPE)));
  }

  static boolean hasType(long tensor, DataType type) {
    return Memory.getInt(tensor + TYPE) == (int) type.packed();
  }

  static Device device(long tensor) {
    return Device.unpack(Memory.getLong(tensor + DEVICE));
  }

  static int rank(long tensor) {
    return Memory.getInt(tensor + RANK);
  }

  static long dimension(long tensor, int axis) {
    return Memory.getLong(Memory.getLong(tensor + SHAPE) + axis * (long) Long.BYTES);
  }

  static long[] shape(long tensor) {
    long[] shape = new long[rank(tensor)];
    for (int axis = 0; axis < shape.length; axis++) {
      shape[axis] = dimension(tensor, axis);
    }
    return shape;
  }

  /** The address of the first element. */
  static long data(long tensor) {
    return Memory.getLong(tensor + DATA) + Memory.getLong(tensor + BYTE_OFFSET);
  }

  static long elements(long tensor) {
    long elements = 1;
    for (int axis = 0; axis < rank(tensor); axis++) {
      elements = Math.multiplyExact(elements, dimension(tensor, axis));
    }
    return elements;
  }

  /** The bytes of the tensor, computed without making a {@link DataType}. */
  static long bytes(long tensor) {
    int type = Memory.getInt(tensor + TYPE);
    long bits = (type >>> 8 & 0xFF) * (long) (type >>> 16);
    return Math.ceilDiv(Math.multiplyExact(elements(tensor), bits), Byte.SIZE);
  }

  /** Throws unless Java can read the tensor in place: on the CPU, and without gaps. */
  static void requireReadable(long tensor) {
    if (Memory.getInt(tensor + DEVICE) != Device.CPU.type()) {
      throw new IllegalStateException(
          "the tensor lies on " + device(tensor) + "; copy it to the CPU to read it");
    }
    if (!isCompact(tensor)) {
      throw new IllegalStateException("the tensor has gaps between its elements; copy it first");
    }
  }

  private static boolean isCompact(long tensor) {
    long strides = Memory.getLong(tensor + STRIDES);
    long expected = 1;
    for (int axis = rank(tensor) - 1; strides != 0 && axis >= 0; axis--) {
      long size = dimension(tensor, axis);
      if (size != 1 && Memory.getLong(strides + axis * (long) Long.BYTES) != expected) {
        return elements(tensor) == 0;
      }
      expected *= size;
    }
    return true;
  }

  /** How much memory a descriptor with its shape and strides takes. */
  static long size(int rank) {
    return DLTensor.sizeof() + 2L * rank * Long.BYTES;
  }

  /** Fills a descriptor of a compact tensor, whose shape and strides follow behind {@code end}. */
  static void write(
      MemorySegment tensor, long end, long data, Device device, DataType type, long... shape) {
    tensor.set(ValueLayout.JAVA_LONG, DATA, data);
    tensor.set(ValueLayout.JAVA_LONG, DEVICE, device.packed());
    tensor.set(ValueLayout.JAVA_INT, RANK, shape.length);
    tensor.set(ValueLayout.JAVA_INT, TYPE, (int) type.packed());
    tensor.set(ValueLayout.JAVA_LONG, SHAPE, tensor.address() + end);
    tensor.set(
        ValueLayout.JAVA_LONG, STRIDES, tensor.address() + end + (long) shape.length * Long.BYTES);
    tensor.set(ValueLayout.JAVA_LONG, BYTE_OFFSET, 0);
    MemorySegment dimensions = tensor.asSlice(end, 2L * shape.length * Long.BYTES);
    long stride = 1;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      dimensions.setAtIndex(ValueLayout.JAVA_LONG, axis, shape[axis]);
      dimensions.setAtIndex(ValueLayout.JAVA_LONG, shape.length + axis, stride);
      stride *= shape[axis];
    }
  }

  /**
   * Returns the number of elements of a shape.
   *
   * @throws IllegalArgumentException if a dimension is negative
   */
  static long elements(long[] shape) {
    long elements = 1;
    for (long dimension : shape) {
      if (dimension < 0) {
        throw new IllegalArgumentException("negative dimension in " + Arrays.toString(shape));
      }
      elements = Math.multiplyExact(elements, dimension);
    }
    return elements;
  }
}
