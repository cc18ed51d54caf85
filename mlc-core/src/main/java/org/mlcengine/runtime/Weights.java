package org.mlcengine.runtime;

import static java.util.Objects.requireNonNull;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.mlcengine.bindings.DataType;
import org.mlcengine.bindings.Device;
import org.mlcengine.bindings.LargePages;
import org.mlcengine.bindings.TvmArray;
import org.mlcengine.bindings.TvmTensor;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.model.LibraryParameter;
import org.mlcengine.model.WeightIndex;
import org.mlcengine.model.WeightShard;
import org.mlcengine.model.WeightTensor;

/**
 * The parameters of a model library. The shards are read into large pages, and tensors use them
 * there; only those that are stored in another type, or at an address that generated code does not
 * take, are copied. A file that changes while the model is open changes nothing.
 */
final class Weights implements AutoCloseable {
  /** Code that TVM generates reads its arguments with instructions that fault below this. */
  private static final long ALIGNMENT = 64;

  private static final long CHUNK_BYTES = 8 << 20;
  private static final ValueLayout.OfShort STORED_SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final LargePages pages;
  private final Map<Path, MemorySegment> shards = new HashMap<>();
  private final TvmArray parameters;

  /**
   * Brings the weights into memory.
   *
   * @param index checked against the library before
   * @param parameters in the order in which the library takes them
   * @param progress hears how many bytes are in memory, from several threads, one at a time
   * @throws ModelLoadException if a shard cannot be read
   */
  Weights(WeightIndex index, List<LibraryParameter> parameters, LongConsumer progress) {
    List<TvmTensor> tensors = new ArrayList<>(parameters.size());
    pages =
        LargePages.allocate(
            index.shards().stream().mapToLong(shard -> aligned(shard.bytes())).sum());
    try {
      read(index.shards(), progress);
      for (LibraryParameter parameter : parameters) {
        tensors.add(tensor(requireNonNull(index.tensors().get(parameter.name()))));
      }
      this.parameters = TvmArray.of(tensors.toArray());
    } catch (RuntimeException e) {
      pages.close();
      throw e;
    } finally {
      // The array holds references of its own.
      tensors.forEach(TvmTensor::close);
    }
  }

  /** Returns the parameters in the library's order. */
  TvmArray parameters() {
    return parameters;
  }

  /** Frees the memory. No function of the library may run any more. */
  @Override
  public void close() {
    parameters.close();
    pages.close();
  }

  private void read(List<WeightShard> files, LongConsumer progress) {
    List<Chunk> chunks = new ArrayList<>();
    long at = 0;
    for (WeightShard shard : files) {
      MemorySegment target = pages.memory().asSlice(at, shard.bytes());
      shards.put(shard.file(), target);
      at += aligned(shard.bytes());
      for (long from = 0; from < shard.bytes(); from += CHUNK_BYTES) {
        long size = Math.min(CHUNK_BYTES, shard.bytes() - from);
        chunks.add(new Chunk(shard.file(), from, target.asSlice(from, size)));
      }
    }
    LongConsumer sum = new Sum(progress);
    // Failures are collected, not thrown: the memory can be freed only when all chunks are done.
    List<RuntimeException> failures =
        chunks.parallelStream().flatMap(chunk -> chunk.read(sum).stream()).toList();
    if (!failures.isEmpty()) {
      throw failures.getFirst();
    }
  }

  /** A part of a shard, and where it goes. */
  private record Chunk(Path file, long from, MemorySegment target) {
    /** Returns why it could not be read, if so. */
    Optional<RuntimeException> read(LongConsumer progress) {
      try (FileChannel channel = FileChannel.open(file)) {
        ByteBuffer buffer = target.asByteBuffer();
        while (buffer.hasRemaining()) {
          if (channel.read(buffer, from + buffer.position()) < 0) {
            throw new EOFException("it ends %,d bytes early".formatted(buffer.remaining()));
          }
        }
        progress.accept(target.byteSize());
        return Optional.empty();
      } catch (IOException e) {
        return Optional.of(
            new ModelLoadException(
                "%s: the shard cannot be read (%s). Download or convert the model again."
                    .formatted(file, e),
                e));
      } catch (RuntimeException e) {
        return Optional.of(e);
      }
    }
  }

  /** Adds up what several threads have read. */
  private static final class Sum implements LongConsumer {
    private final LongConsumer progress;
    private long sum;

    Sum(LongConsumer progress) {
      this.progress = progress;
    }

    @Override
    public synchronized void accept(long bytes) {
      sum += bytes;
      progress.accept(sum);
    }
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private TvmTensor tensor(WeightTensor source) {
    MemorySegment shard = requireNonNull(shards.get(source.file()));
    MemorySegment stored = shard.asSlice(source.offset(), source.bytes());
    DataType type = DataType.parse(source.dtype().tvmName());
    long[] shape = source.shape().stream().mapToLong(Long::longValue).toArray();
    if (source.storedDtype() != source.dtype()) {
      TvmTensor tensor = TvmTensor.allocate(type, Device.CPU, shape);
      widen(stored, tensor.data());
      return tensor;
    }
    if (stored.address() % ALIGNMENT != 0) {
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
