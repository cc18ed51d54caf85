package org.mlcengine.runtime;

import static java.util.Objects.requireNonNull;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;
import org.mlcengine.bindings.LargePages;
import org.mlcengine.errors.InsufficientMemoryException;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.model.WeightShard;

/** The files of weights in memory, where other threads bring them while the model is opened. */
final class Shards implements AutoCloseable {
  /** What the library and its generated code expect of an address. */
  static final long ALIGNMENT = 64;

  private static final long CHUNK_BYTES = 8 << 20;

  private final LargePages pages;
  private final Map<Path, MemorySegment> segments = new HashMap<>();
  private final CompletableFuture<List<RuntimeException>> failures;
  private volatile boolean unwanted;

  /**
   * Begins to read.
   *
   * @param progress hears how many bytes are in memory, from several threads, one at a time
   * @throws InsufficientMemoryException if the system gives no memory for them
   */
  Shards(List<WeightShard> files, LongConsumer progress) {
    pages = allocate(files.stream().mapToLong(file -> aligned(file.bytes())).sum());
    List<Chunk> chunks = chunks(files);
    LongConsumer sum = new Sum(progress);
    // Failures are collected, not thrown: the memory can be freed only when all chunks are done.
    failures =
        CompletableFuture.supplyAsync(
            () -> chunks.parallelStream().flatMap(chunk -> read(chunk, sum).stream()).toList(),
            new LoadThread("mlc-engine-weights"));
  }

  private static LargePages allocate(long bytes) {
    try {
      return LargePages.allocate(bytes);
    } catch (OutOfMemoryError e) {
      throw new InsufficientMemoryException(
          "The system refused the %d MiB that the weights take (%s). Free memory, raise the limit of this process, or use a model with fewer or smaller weights."
              .formatted(bytes >> 20, e.getMessage()),
          e);
    }
  }

  /** Returns where a part of a file lies, or will lie. */
  MemorySegment part(Path file, long offset, long bytes) {
    return requireNonNull(segments.get(file)).asSlice(offset, bytes);
  }

  /**
   * Waits until everything is in memory.
   *
   * @throws ModelLoadException if a file cannot be read
   */
  void await() {
    List<RuntimeException> met = failures.join();
    if (!met.isEmpty()) {
      throw met.getFirst();
    }
  }

  /** Stops reading and frees the memory. Further closes do nothing. */
  @Override
  public void close() {
    if (!unwanted) {
      unwanted = true;
      failures.join();
      pages.close();
    }
  }

  private List<Chunk> chunks(List<WeightShard> files) {
    List<Chunk> chunks = new ArrayList<>();
    long at = 0;
    for (WeightShard file : files) {
      MemorySegment target = pages.memory().asSlice(at, file.bytes());
      segments.put(file.file(), target);
      at += aligned(file.bytes());
      for (long from = 0; from < file.bytes(); from += CHUNK_BYTES) {
        long size = Math.min(CHUNK_BYTES, file.bytes() - from);
        chunks.add(new Chunk(file.file(), from, target.asSlice(from, size)));
      }
    }
    return chunks;
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  /** Returns why a chunk could not be read, if so. */
  private Optional<RuntimeException> read(Chunk chunk, LongConsumer progress) {
    if (unwanted) {
      return Optional.empty();
    }
    try (FileChannel channel = FileChannel.open(chunk.file)) {
      ByteBuffer buffer = chunk.target.asByteBuffer();
      while (buffer.hasRemaining()) {
        if (channel.read(buffer, chunk.from + buffer.position()) < 0) {
          throw new EOFException("it ends %,d bytes early".formatted(buffer.remaining()));
        }
      }
      progress.accept(chunk.target.byteSize());
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(
          new ModelLoadException(
              "%s: the shard cannot be read (%s). Download or convert the model again."
                  .formatted(chunk.file, e),
              e));
    } catch (RuntimeException e) {
      return Optional.of(e);
    }
  }

  /** A part of a file, and where it goes. */
  private record Chunk(Path file, long from, MemorySegment target) {}

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
}
