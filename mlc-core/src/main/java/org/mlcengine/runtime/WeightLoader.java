package org.mlcengine.runtime;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.mlcengine.bindings.DataType;
import org.mlcengine.bindings.Device;
import org.mlcengine.bindings.TvmArray;
import org.mlcengine.bindings.TvmTensor;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.model.LibraryParameter;
import org.mlcengine.model.WeightIndex;
import org.mlcengine.model.WeightTensor;

/** Reads weights from their shards straight into tensors. */
final class WeightLoader implements AutoCloseable {
  private static final int CHUNK_BYTES = 16 << 20;

  private final LongConsumer progress;
  private final Map<String, TvmTensor> tensors = new HashMap<>();
  private @Nullable Path open;
  private @Nullable FileChannel channel;
  private long done;

  private WeightLoader(LongConsumer progress) {
    this.progress = progress;
  }

  /**
   * Reads the parameters that a library takes.
   *
   * @param index checked against the library before
   * @param parameters in the order in which the library takes them
   * @param progress hears how many bytes are in memory
   * @return the tensors in that order
   * @throws ModelLoadException if a shard cannot be read
   */
  static TvmArray load(
      WeightIndex index, List<LibraryParameter> parameters, LongConsumer progress) {
    try (WeightLoader loader = new WeightLoader(progress)) {
      List<WeightTensor> inFileOrder =
          parameters.stream()
              .map(parameter -> index.tensors().get(parameter.name()))
              .sorted(Comparator.comparing(WeightTensor::file).thenComparing(WeightTensor::offset))
              .toList();
      for (WeightTensor tensor : inFileOrder) {
        loader.read(tensor);
      }
      return TvmArray.of(
          parameters.stream().map(parameter -> loader.tensors.get(parameter.name())).toArray());
    }
  }

  private void read(WeightTensor source) {
    long[] shape = source.shape().stream().mapToLong(Long::longValue).toArray();
    TvmTensor target =
        TvmTensor.allocate(DataType.parse(source.dtype().tvmName()), Device.CPU, shape);
    tensors.put(source.name(), target);
    Path file = source.file();
    try {
      FileChannel shard = channel(file);
      if (source.storedDtype() != source.dtype()) {
        widen(shard, source.offset(), target.data());
      } else {
        copy(shard, source.offset(), target.data());
      }
    } catch (IOException e) {
      throw new ModelLoadException(
          "%s: %s cannot be read (%s). Download or convert the model again."
              .formatted(file, source.name(), e),
          e);
    }
  }

  private void copy(FileChannel shard, long offset, MemorySegment target) throws IOException {
    for (long at = 0; at < target.byteSize(); at += CHUNK_BYTES) {
      long size = Math.min(CHUNK_BYTES, target.byteSize() - at);
      readFully(shard, offset + at, target.asSlice(at, size).asByteBuffer());
      advance(size);
    }
  }

  /** Reads bfloat16, the upper halves of float32, into float32. */
  private void widen(FileChannel shard, long offset, MemorySegment target) throws IOException {
    long elements = target.byteSize() / Float.BYTES;
    ByteBuffer buffer = ByteBuffer.allocateDirect((int) Math.min(CHUNK_BYTES, elements * 2));
    buffer.order(ByteOrder.LITTLE_ENDIAN);
    for (long at = 0; at < elements; ) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), (elements - at) * 2));
      readFully(shard, offset + at * 2, buffer);
      buffer.flip();
      while (buffer.hasRemaining()) {
        target.setAtIndex(ValueLayout.JAVA_INT, at++, buffer.getShort() << 16);
      }
      advance(buffer.limit() * 2L);
    }
  }

  private static void readFully(FileChannel shard, long position, ByteBuffer buffer)
      throws IOException {
    long at = position;
    while (buffer.hasRemaining()) {
      int count = shard.read(buffer, at);
      if (count < 0) {
        throw new IOException("the file ends at byte " + at);
      }
      at += count;
    }
  }

  private void advance(long bytes) {
    done += bytes;
    progress.accept(done);
  }

  private FileChannel channel(Path file) throws IOException {
    if (channel == null || !file.equals(open)) {
      closeChannel();
      channel = FileChannel.open(file);
      open = file;
    }
    return channel;
  }

  private void closeChannel() throws IOException {
    if (channel != null) {
      channel.close();
      channel = null;
    }
  }

  /** Gives back this loader's references; the array of {@link #load} holds its own. */
  @Override
  public void close() {
    tensors.values().forEach(TvmTensor::close);
    try {
      closeChannel();
    } catch (IOException e) {
      throw new ModelLoadException(open + ": cannot be closed (" + e + ").", e);
    }
  }
}
