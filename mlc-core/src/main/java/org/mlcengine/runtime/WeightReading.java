package org.mlcengine.runtime;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.mlcengine.errors.InsufficientMemoryException;
import org.mlcengine.model.SystemMemory;
import org.mlcengine.model.WeightChecksums;
import org.mlcengine.model.WeightIndex;
import org.mlcengine.model.WeightShard;
import org.mlcengine.natives.MlcHome;

/** A model's weights on their way into memory, beside the thread that opens the model library. */
final class WeightReading implements AutoCloseable {
  /**
   * What is known as soon as the reading has begun.
   *
   * @param index the files and tensors, checked
   * @param memory the bytes that were free before
   * @param shards the weights, which go on arriving
   */
  record Begun(WeightIndex index, long memory, Shards shards) {}

  private final OpenRequest request;
  private final OpenListener listener;
  private final CompletableFuture<Begun> begun;

  /** Begins; {@link #begun} says what went wrong. */
  WeightReading(OpenRequest request, OpenListener listener) {
    this.request = request;
    this.listener = listener;
    begun = CompletableFuture.supplyAsync(this::begin, new LoadThread("mlc-engine-index"));
  }

  /**
   * Waits until the index is read and checked.
   *
   * @throws org.mlcengine.errors.ModelLoadException if the index, a checksum or a file is wrong
   * @throws InsufficientMemoryException if the weights alone do not fit into memory
   */
  Begun begun() {
    try {
      return begun.join();
    } catch (CompletionException e) {
      switch (e.getCause()) {
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case null, default -> throw e;
      }
    }
  }

  /** Stops the reading and frees its memory; throws what {@link #begun} throws. */
  @Override
  public void close() {
    begun().shards().close();
  }

  private Begun begin() {
    WeightIndex index = WeightIndex.read(request.config().folder());
    if (request.verifyWeights()) {
      WeightChecksums.verify(index, MlcHome.folder().resolve("checked"), listener::verified);
    }
    long memory = SystemMemory.available();
    long total = index.shards().stream().mapToLong(WeightShard::bytes).sum();
    if (total > memory) {
      throw new InsufficientMemoryException(
          "The weights of %s take %d MiB, and %d MiB of memory are free. Free some, or use a model with fewer or smaller weights."
              .formatted(index.file().getParent(), total >> 20, memory >> 20));
    }
    return new Begun(
        index, memory, new Shards(index.shards(), done -> listener.loaded(done, total)));
  }
}
