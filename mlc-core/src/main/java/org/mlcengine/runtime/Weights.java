package org.mlcengine.runtime;

import static java.util.Objects.requireNonNull;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.mlcengine.bindings.DataType;
import org.mlcengine.bindings.Device;
import org.mlcengine.bindings.TvmArray;
import org.mlcengine.bindings.TvmTensor;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.model.LibraryParameter;
import org.mlcengine.model.WeightTensor;

/**
 * The parameters of a model library. Tensors use the shards where they were read to; only those
 * that are stored in another type, or at an address that generated code does not take, are copied.
 * A file that changes while the model is open changes nothing.
 */
final class Weights implements AutoCloseable {
  private static final ValueLayout.OfShort STORED_SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Shards shards;
  private final TvmArray parameters;

  /**
   * Makes tensors of the shards and waits until they are in memory.
   *
   * @param shards are closed with the weights
   * @param tensors where weights are stored, by name; checked against the library before
   * @param parameters in the order in which the library takes them
   * @throws ModelLoadException if a shard cannot be read
   */
  Weights(Shards shards, Map<String, WeightTensor> tensors, List<LibraryParameter> parameters) {
    this.shards = shards;
    List<TvmTensor> made = new ArrayList<>(parameters.size());
    try {
      for (LibraryParameter parameter : parameters) {
        made.add(tensor(requireNonNull(tensors.get(parameter.name()))));
      }
      shards.await();
      this.parameters = TvmArray.of(made.toArray());
    } finally {
      // The array holds references of its own.
      made.forEach(TvmTensor::close);
    }
  }

  /** Returns the parameters in the library's order. */
  TvmArray parameters() {
    return parameters;
  }

  /** Frees the memory, that of the shards too. No function of the library may run any more. */
  @Override
  public void close() {
    parameters.close();
    shards.close();
  }

  private TvmTensor tensor(WeightTensor source) {
    MemorySegment stored = shards.part(source.file(), source.offset(), source.bytes());
    DataType type = DataType.parse(source.dtype().tvmName());
    long[] shape = source.shape().stream().mapToLong(Long::longValue).toArray();
    if (source.storedDtype() != source.dtype()) {
      shards.await();
      TvmTensor tensor = TvmTensor.allocate(type, Device.CPU, shape);
      widen(stored, tensor.data());
      return tensor;
    }
    if (stored.address() % Shards.ALIGNMENT != 0) {
      shards.await();
      TvmTensor tensor = TvmTensor.allocate(type, Device.CPU, shape);
      tensor.data().copyFrom(stored);
      return tensor;
    }
    return TvmTensor.wrap(stored, type, shape);
  }

  /** Turns bfloat16, the upper halves of float32, into float32. */
  private static void widen(MemorySegment stored, MemorySegment target) {
    long elements = target.byteSize() / Float.BYTES;
    for (long i = 0; i < elements; i++) {
      int upper = stored.getAtIndex(STORED_SHORT, i);
      target.setAtIndex(ValueLayout.JAVA_INT, i, upper << 16);
    }
  }
}
