package org.mlcengine.server;

import static org.mlcengine.server.ModelState.Measurement.counter;
import static org.mlcengine.server.ModelState.Measurement.gauge;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.mlcengine.CompletionStream;
import org.mlcengine.EngineMetrics;
import org.mlcengine.MLCEngine;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.Completion;
import org.mlcengine.protocol.CompletionCreateParams;
import org.mlcengine.protocol.EmbeddingCreateParams;
import org.mlcengine.protocol.EmbeddingResponse;

/** A model that an engine in this process runs. */
final class EngineModel implements ModelService {
  private final MLCEngine engine;
  private final long created = Instant.now().getEpochSecond();

  /** Takes an engine, which stays the caller's to close. */
  EngineModel(MLCEngine engine) {
    this.engine = engine;
  }

  @Override
  public ModelFacts facts() {
    return new ModelFacts(created, engine.info().contextWindow());
  }

  @Override
  public ChatCompletion chat(ChatCompletionCreateParams params) {
    return engine.chat().completions().create(params);
  }

  @Override
  public Chunks<ChatCompletionChunk> streamChat(ChatCompletionCreateParams params) {
    return new EngineChunks<>(engine.chat().completions().createStreaming(params));
  }

  @Override
  public Completion complete(CompletionCreateParams params) {
    return engine.completions().create(params);
  }

  @Override
  public Chunks<Completion> streamComplete(CompletionCreateParams params) {
    return new EngineChunks<>(engine.completions().createStreaming(params));
  }

  @Override
  public EmbeddingResponse embed(EmbeddingCreateParams params) {
    return engine.embeddings().create(params);
  }

  @Override
  public ModelState state() {
    EngineMetrics metrics = engine.metrics();
    EngineMetrics.Load load = metrics.load();
    List<ModelState.Measurement> list = new ArrayList<>();
    list.add(gauge("mlc_queue_length", load.waiting(), "Sequences that wait for a place."));
    list.add(gauge("mlc_batch_size", load.running(), "Sequences that run."));
    list.add(
        gauge("mlc_batch_size_limit", engine.info().maxSequences(), "Sequences that may run."));
    int used = load.kvPages() - load.freeKvPages();
    list.add(gauge("mlc_kv_pages", load.kvPages(), "Pages of the KV cache."));
    list.add(gauge("mlc_kv_pages_used", used, "Pages of the KV cache that hold tokens."));
    list.add(
        gauge("mlc_kept_prompts", load.keptPrompts(), "Prompts of ended sequences in the cache."));
    list.add(
        counter(
            "mlc_cache_hit_tokens_total",
            (double) load.cachedTokens(),
            "Tokens of prompts that were found in the cache."));
    list.add(
        counter(
            "mlc_preemptions_total",
            (double) load.preemptions(),
            "How often a sequence lost its place to others."));
    list.add(
        counter(
            "mlc_drafted_tokens_total",
            (double) load.draftedTokens(),
            "Tokens that were drafted and verified."));
    list.add(
        counter(
            "mlc_accepted_tokens_total",
            (double) load.acceptedTokens(),
            "Drafted tokens that were right."));
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

  private record EngineChunks<T>(CompletionStream<T> stream) implements Chunks<T> {
    @Override
    public Iterator<T> iterator() {
      return stream.iterator();
    }

    @Override
    public void close() {
      stream.close();
    }
  }
}
