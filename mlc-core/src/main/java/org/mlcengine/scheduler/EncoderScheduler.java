package org.mlcengine.scheduler;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.EngineFailedException;
import org.mlcengine.errors.QueueFullException;
import org.mlcengine.model.EmbeddingMetadata;
import org.mlcengine.runtime.EncoderModel;
import org.mlcengine.runtime.ForwardBatch;
import org.mlcengine.runtime.TextPooling;

/**
 * Makes vectors of texts, in the order of their arrival. A step computes as many texts as one call
 * of the model takes, whichever requests they belong to.
 *
 * <p>{@link #submit} and {@link #close} may be called from any thread. {@link #run} and {@link
 * #step} belong to the thread that owns the model.
 */
public final class EncoderScheduler implements ModelScheduler {
  private final EncoderModel model;
  private final EmbeddingMetadata pooling;
  private final int maxQueue;
  private final LongSupplier clock;
  private final StepMeter steps = new StepMeter();
  private final ForwardBatch batch = new ForwardBatch();
  private final Arrivals.Work work = new Work();
  private final Arrivals<Text> arrivals;
  private final ArrayDeque<Text> waiting = new ArrayDeque<>();
  private final List<Text> running = new ArrayList<>();
  // How many are in the two lists above, for other threads.
  private volatile int taken;
  private volatile int computing;

  /**
   * Creates a scheduler.
   *
   * @param model opened by the thread that will call {@link #run}
   * @param pooling how hidden states become a vector
   * @param maxQueue from how many waiting texts on requests are refused; one is always taken while
   *     none wait
   * @param clock nanoseconds, as {@link System#nanoTime}
   */
  public EncoderScheduler(
      EncoderModel model, EmbeddingMetadata pooling, int maxQueue, LongSupplier clock) {
    this.model = model;
    this.pooling = pooling;
    this.maxQueue = maxQueue;
    this.clock = clock;
    arrivals = new Arrivals<>(clock);
  }

  /** The texts of a request, and their vectors as they come. */
  private static final class Request {
    private final CompletableFuture<List<float[]>> reply = new CompletableFuture<>();
    private final float[][] vectors;
    private int missing;

    Request(int texts) {
      vectors = new float[texts][];
      missing = texts;
    }

    void complete(int index, float[] vector) {
      vectors[index] = vector;
      if (--missing == 0) {
        reply.complete(List.of(vectors));
      }
    }
  }

  /** One text of a request. */
  private record Text(Request request, int index, int[] tokens) {}

  /**
   * Puts texts into the queue: all or none. However many there are, they are taken unless too many
   * of other requests wait, so that a large request is not refused for ever.
   *
   * @param texts the tokens of each, of which there are 1 to {@link EncoderModel#maxTextTokens}
   * @return their vectors in the same order; cancelling it drops those that are not computed yet
   * @throws EngineClosedException if the scheduler is closed
   * @throws EngineFailedException if the model failed before
   * @throws QueueFullException if too many texts wait
   */
  public CompletableFuture<List<float[]>> submit(List<int[]> texts) {
    Request request = new Request(texts.size());
    List<Text> work = new ArrayList<>(texts.size());
    for (int i = 0; i < texts.size(); i++) {
      work.add(new Text(request, i, texts.get(i)));
    }
    arrivals.add(work, this::requireRoom);
    return request.reply;
  }

  private void requireRoom(int arrived) {
    int ahead = arrived + taken;
    if (ahead > 0 && ahead >= maxQueue) {
      throw new QueueFullException(ahead, maxQueue);
    }
  }

  /** Returns how many texts wait to be computed. Callable by any thread. */
  public int waiting() {
    return arrivals.count(arrived -> arrived + taken);
  }

  /** Returns how many texts the step under way computes. Callable by any thread. */
  public int running() {
    return computing;
  }

  @Override
  public void drain() {
    arrivals.drain();
  }

  @Override
  public void close() {
    arrivals.close();
  }

  /** Returns what the steps have taken. Callable by any thread. */
  public StepTimes times() {
    return steps.times();
  }

  @Override
  public void run() {
    try {
      while (arrivals.await(work)) {
        step();
      }
      failAll(arrivals.end(null), new EngineClosedException());
    } catch (RuntimeException | Error e) {
      EngineFailedException failed =
          new EngineFailedException("The engine's thread is lost: " + e.getMessage(), e);
      failAll(arrivals.end(failed), failed);
    }
  }

  /** The texts that were taken. */
  private final class Work implements Arrivals.Work {
    @Override
    public boolean isDue() {
      return !waiting.isEmpty();
    }

    @Override
    public boolean isDone() {
      return waiting.isEmpty();
    }
  }

  /**
   * Computes the texts that come next, if there are any. A model that fails fails their requests
   * alone, since it keeps no state.
   *
   * @return whether there were any
   */
  boolean step() {
    long start = clock.getAsLong();
    arrivals.take(
        texts -> {
          waiting.addAll(texts);
          taken = waiting.size();
        });
    collect();
    taken = waiting.size();
    computing = running.size();
    if (running.isEmpty()) {
      return false;
    }
    long nativeStart = model.nativeNanos();
    try {
      MemorySegment hidden = model.encode(batch);
      List<float[]> vectors = pool(hidden);
      // Whoever hears of a reply finds this step among those that were measured.
      steps.add(batch.tokenCount(), clock.getAsLong() - start, model.nativeNanos() - nativeStart);
      for (int i = 0; i < running.size(); i++) {
        running.get(i).request.complete(running.get(i).index, vectors.get(i));
      }
    } catch (RuntimeException e) {
      EngineFailedException failed =
          new EngineFailedException("The forward pass failed: " + e.getMessage(), e);
      running.forEach(text -> text.request.reply.completeExceptionally(failed));
    }
    running.clear();
    computing = 0;
    return true;
  }

  private List<float[]> pool(MemorySegment hidden) {
    List<float[]> vectors = new ArrayList<>(running.size());
    long rowBytes = (long) model.hiddenSize() * Float.BYTES;
    long at = 0;
    for (Text text : running) {
      long bytes = text.tokens.length * rowBytes;
      vectors.add(TextPooling.pool(hidden.asSlice(at, bytes), model.hiddenSize(), pooling));
      at += bytes;
    }
    return vectors;
  }

  /** Fills the batch with the texts that come next, leaving out those of ended requests. */
  private void collect() {
    batch.clear();
    for (Text next = waiting.peek(); next != null; next = waiting.peek()) {
      boolean wanted = !next.request.reply.isDone();
      if (wanted && batch.tokenCount() + next.tokens.length > model.maxBatchTokens()) {
        return;
      }
      waiting.remove();
      if (wanted) {
        batch.add(running.size(), next.tokens, 0, next.tokens.length);
        running.add(next);
      }
    }
  }

  private void failAll(List<Text> arrived, RuntimeException cause) {
    List<Text> left = new ArrayList<>(running);
    left.addAll(waiting);
    left.addAll(arrived);
    running.clear();
    waiting.clear();
    taken = 0;
    computing = 0;
    left.forEach(text -> text.request.reply.completeExceptionally(cause));
  }
}
