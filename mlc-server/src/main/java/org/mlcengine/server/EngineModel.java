package org.mlcengine.server;

import static org.mlcengine.server.ModelState.Measurement.counter;
import static org.mlcengine.server.ModelState.Measurement.gauge;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.mlcengine.CompletionStream;
import org.mlcengine.EngineMetrics;
import org.mlcengine.MLCEngine;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.Completion;
import org.mlcengine.protocol.CompletionCreateParams;

/** A model that an engine in this process runs. */
final class EngineModel implements ModelService {
  private final MLCEngine engine;
  private final ModelFacts facts;
  private final Places places;

  /**
   * Takes an engine, which stays the caller's to close.
   *
   * @param maxQueue how many sequences may wait for a place
   */
  EngineModel(MLCEngine engine, int maxQueue) {
    this.engine = engine;
    int sequences = engine.info().maxSequences();
    facts =
        new ModelFacts(Instant.now().getEpochSecond(), engine.info().contextWindow(), sequences);
    places = new Places(sequences, maxQueue);
  }

  @Override
  public ModelFacts facts() {
    return facts;
  }

  @Override
  public ChatCompletion chat(ChatCompletionCreateParams params) {
    return whole(params.n(), () -> engine.chat().completions().create(params));
  }

  @Override
  public Chunks<ChatCompletionChunk> streamChat(ChatCompletionCreateParams params) {
    return stream(params.n(), () -> engine.chat().completions().createStreaming(params));
  }

  @Override
  public Completion complete(CompletionCreateParams params) {
    return whole(params.n(), () -> engine.completions().create(params));
  }

  @Override
  public Chunks<Completion> streamComplete(CompletionCreateParams params) {
    return stream(params.n(), () -> engine.completions().createStreaming(params));
  }

  @Override
  public ModelState state() {
    EngineMetrics metrics = engine.metrics();
    List<ModelState.Measurement> list = new ArrayList<>();
    list.add(gauge("mlc_queue_length", places.waiting(), "Sequences that wait for a place."));
    list.add(gauge("mlc_batch_size", places.running(), "Sequences that run."));
    list.add(gauge("mlc_batch_size_limit", facts.maxSequences(), "Sequences that may run."));
    list.add(
        gauge(
            "mlc_kv_cache_bytes",
            engine.info().cacheBytes(),
            "Memory set aside for the KV cache."));
    steps(list, "prefill", metrics.prefill());
    steps(list, "decode", metrics.decode());
    return new ModelState(list);
  }

  private static void steps(
      List<ModelState.Measurement> list, String kind, EngineMetrics.Steps steps) {
    String name = "mlc_" + kind + "_";
    list.add(
        counter(name + "steps_total", (double) steps.count(), "Steps of the kind " + kind + "."));
    list.add(
        counter(
            name + "tokens_total", (double) steps.tokens(), "Tokens that such steps computed."));
    list.add(counter(name + "seconds_total", steps.time().toNanos() / 1e9, "Time of such steps."));
  }

  private <T> T whole(int sequences, Supplier<T> call) {
    places.take(sequences);
    try {
      return call.get();
    } finally {
      places.giveBack(sequences);
    }
  }

  private <T> Chunks<T> stream(int sequences, Supplier<CompletionStream<T>> call) {
    places.take(sequences);
    try {
      return new EngineChunks<>(call.get(), () -> places.giveBack(sequences));
    } catch (RuntimeException e) {
      places.giveBack(sequences);
      throw e;
    }
  }

  private static final class EngineChunks<T> implements Chunks<T> {
    private final CompletionStream<T> stream;
    private final Runnable whenClosed;
    private final AtomicBoolean closed = new AtomicBoolean();

    EngineChunks(CompletionStream<T> stream, Runnable whenClosed) {
      this.stream = stream;
      this.whenClosed = whenClosed;
    }

    @Override
    public Iterator<T> iterator() {
      return stream.iterator();
    }

    @Override
    public void close() {
      stream.close();
      if (closed.compareAndSet(false, true)) {
        whenClosed.run();
      }
    }
  }
}
