package org.mlcengine;

import java.lang.ref.Cleaner;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of one reply, in the order in which they are generated.
 *
 * <p>One-shot: either {@link #iterator} or {@link #stream} may be called, once. Both wait for
 * chunks and throw what the generation fails with. {@link #close} stops the generation before its
 * next step; a stream read to its end need not be closed, and closing it again does nothing. A
 * stream that becomes unreachable is closed.
 *
 * <p>For one thread at a time, but {@link #close} may be called from any thread.
 *
 * @param <T> the type of the chunks
 */
public final class CompletionStream<T> implements Iterable<T>, AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();

  private final Supplier<@Nullable T> chunks;
  private final Cleaner.Cleanable generation;
  private final AtomicBoolean taken = new AtomicBoolean();

  /**
   * Creates a stream.
   *
   * @param chunks waits for the next chunk; null at the end. Must not refer to this stream.
   * @param cancel ends the generation; harmless once it has ended. Must not refer to this stream.
   */
  CompletionStream(Supplier<@Nullable T> chunks, Runnable cancel) {
    this.chunks = chunks;
    this.generation = CLEANER.register(this, cancel);
  }

  /** Returns the chunks; may be called once. */
  @Override
  public Iterator<T> iterator() {
    if (!taken.compareAndSet(false, true)) {
      throw new IllegalStateException("A completion stream can be read only once.");
    }
    return new ChunkIterator();
  }

  /** Returns the chunks as a sequential stream, whose own close closes this; may be called once. */
  public Stream<T> stream() {
    int kind = Spliterator.ORDERED | Spliterator.NONNULL;
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(iterator(), kind), false)
        .onClose(this::close);
  }

  /** Stops the generation before its next step. */
  @Override
  public void close() {
    generation.clean();
  }

  private final class ChunkIterator implements Iterator<T> {
    private @Nullable T next;
    private boolean ended;

    @Override
    public boolean hasNext() {
      if (next == null && !ended) {
        next = chunks.get();
        ended = next == null;
      }
      return next != null;
    }

    @Override
    public T next() {
      if (!hasNext() || next == null) {
        throw new NoSuchElementException();
      }
      T chunk = next;
      next = null;
      return chunk;
    }
  }
}
