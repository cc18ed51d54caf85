package org.mlcengine.benchmarks.compare;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.mlcengine.CompletionStream;
import org.mlcengine.EngineMode;
import org.mlcengine.MLCEngine;
import org.mlcengine.protocol.Completion;
import org.mlcengine.protocol.CompletionCreateParams;
import org.mlcengine.protocol.RequestMetrics;

/**
 * This engine, through its public API. The system property {@code mlc.model.lib} names a model
 * library, by default the one in the model folder; {@code mlc.mode} an {@link EngineMode}, by
 * default {@code LOCAL}.
 */
public final class MlcEngineRun implements ComparedEngine {
  private final MLCEngine engine;

  private MlcEngineRun(MLCEngine engine) {
    this.engine = engine;
  }

  /** Runs the program; see {@link Measurement} for its arguments. */
  public static void main(String[] args) throws Exception {
    Measurement.run(args, MlcEngineRun::open);
  }

  private static ComparedEngine open(Path model, int threads) {
    EngineMode mode = EngineMode.valueOf(System.getProperty("mlc.mode", "LOCAL"));
    MLCEngine.Builder builder = MLCEngine.builder().model(model).threads(threads).mode(mode);
    String library = System.getProperty("mlc.model.lib");
    if (library != null) {
      builder.modelLib(Path.of(library));
    }
    return new MlcEngineRun(builder.build());
  }

  @Override
  public Timing generate(Prompt prompt, int tokens) {
    RequestMetrics metrics =
        engine
            .completions()
            .create(request(prompt, tokens))
            .usage()
            .orElseThrow()
            .extra()
            .orElseThrow();
    double prefill = metrics.timeToFirstToken().toNanos() / 1e9;
    double whole = metrics.endToEndLatency().toNanos() / 1e9;
    return new Timing(prefill, whole - prefill, metrics.decodeTokens());
  }

  @Override
  public double generateTogether(Prompt prompt, int sequences, int tokens) throws Exception {
    return Replies.together(sequences, tokens, () -> arrivals(request(prompt, tokens)));
  }

  private long[] arrivals(CompletionCreateParams request) {
    List<Long> times = new ArrayList<>();
    try (CompletionStream<Completion> reply = engine.completions().createStreaming(request)) {
      reply.forEach(piece -> times.add(System.nanoTime()));
    }
    return times.stream().mapToLong(Long::longValue).toArray();
  }

  private static CompletionCreateParams request(Prompt prompt, int tokens) {
    return CompletionCreateParams.builder()
        .promptTokens(prompt.tokens())
        .maxTokens(tokens)
        .temperature(0)
        .ignoreEos(true)
        .build();
  }

  @Override
  public Map<String, Long> facts() {
    return Map.of("weight_bytes", engine.info().weightBytes());
  }
}
