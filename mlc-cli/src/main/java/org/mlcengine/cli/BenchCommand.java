package org.mlcengine.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;
import org.mlcengine.EngineInfo;
import org.mlcengine.EngineMetrics;
import org.mlcengine.EngineMode;
import org.mlcengine.MLCEngine;
import org.mlcengine.protocol.CompletionCreateParams;
import org.mlcengine.protocol.RequestMetrics;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = {
      "Measures a model.",
      "Each repeat opens it, runs a short request unmeasured, then a greedy one with a random prompt"
          + " that does not stop early."
    })
final class BenchCommand implements Runnable {
  private static final int WARM_UP_TOKENS = 8;

  /** At least what a stream leaves free of its last page. */
  private static final int PAGE_ROOM = 16;

  @Mixin private final EngineOptions engineOptions = new EngineOptions();
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--prompt-tokens",
      paramLabel = "N",
      defaultValue = "128",
      description = "Length of the prompt. Default: ${DEFAULT-VALUE}.")
  private int promptTokens;

  @Option(
      names = "--decode-tokens",
      paramLabel = "N",
      defaultValue = "64",
      description = "Length of the reply. Default: ${DEFAULT-VALUE}.")
  private int decodeTokens;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Streams at once. The rates are then of all streams together, over the time of the steps."
              + " Default: ${DEFAULT-VALUE}.")
  private int batch;

  @Option(
      names = "--repeats",
      paramLabel = "N",
      defaultValue = "3",
      description = "How often everything is measured. Default: ${DEFAULT-VALUE}.")
  private int repeats;

  @Option(
      names = "--profile",
      description = "Show as well where the time of a step goes: kernels, virtual machine, Java.")
  private boolean profile;

  @Option(
      names = "--json",
      description = "Print one JSON object with the medians and nothing else.")
  private boolean json;

  @Override
  public void run() {
    requirePositive("--prompt-tokens", promptTokens);
    requirePositive("--batch", batch);
    requirePositive("--repeats", repeats);
    if (decodeTokens < 2 && spec != null) {
      throw new ParameterException(spec.commandLine(), "--decode-tokens must be at least 2.");
    }
    Map<String, List<Double>> measured = new LinkedHashMap<>();
    EngineInfo info = measure(measured);
    for (int repeat = 1; repeat < repeats; repeat++) {
      info = measure(measured);
    }
    BenchReport report =
        new BenchReport(
            info, promptTokens, decodeTokens, batch, repeats, measured, profile ? profile() : null);
    if (json) {
      System.out.println(report.json());
    } else {
      report.print(System.out);
    }
  }

  private MLCEngine open() {
    MLCEngine.Builder builder = engineOptions.builder(EngineMode.INTERACTIVE);
    if (batch > 1) {
      // Streams that ran out of cache would be computed again, and measured twice.
      int stream = promptTokens + decodeTokens + PAGE_ROOM;
      builder.maxNumSequence(batch).maxTotalSequenceLength(batch * stream);
    }
    return engineOptions.open(builder);
  }

  private EngineInfo measure(Map<String, List<Double>> measured) {
    try (MLCEngine engine = open()) {
      EngineInfo info = engine.info();
      request(engine, WARM_UP_TOKENS, WARM_UP_TOKENS);
      EngineMetrics before = engine.metrics();
      RequestMetrics metrics = request(engine, promptTokens, decodeTokens);
      EngineMetrics steps = engine.metrics().since(before);
      if (batch == 1) {
        add(measured, "prefill_tokens_per_s", metrics.prefillTokensPerSecond());
        add(measured, "decode_tokens_per_s", metrics.decodeTokensPerSecond());
      } else {
        double decode = steps.decode().tokensPerSecond();
        add(measured, "prefill_tokens_per_s", steps.prefill().tokensPerSecond());
        add(measured, "decode_tokens_per_s", decode);
        add(measured, "stream_tokens_per_s", decode / batch);
      }
      add(measured, "ttft_s", metrics.timeToFirstToken().toNanos() / 1e9);
      add(measured, "load_s", info.loadTime().toNanos() / 1e9);
      add(measured, "rss_bytes", ResidentMemory.bytes());
      return info;
    }
  }

  private StepProfile profile() {
    try (MLCEngine engine = open()) {
      request(engine, promptTokens, decodeTokens);
      return StepProfile.measure(
          engine,
          () -> request(engine, promptTokens, 1),
          () -> request(engine, promptTokens, decodeTokens),
          repeats);
    }
  }

  private RequestMetrics request(MLCEngine engine, int prompt, int reply) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(prompt);
    int[] tokens = random.ints(prompt, 0, engine.info().vocabularySize()).toArray();
    CompletionCreateParams params =
        CompletionCreateParams.builder()
            .promptTokens(tokens)
            .maxTokens(reply)
            .n(batch)
            .temperature(0)
            .ignoreEos(true)
            .build();
    return engine.completions().create(params).usage().orElseThrow().extra().orElseThrow();
  }

  private static void add(Map<String, List<Double>> measured, String name, double value) {
    measured.computeIfAbsent(name, key -> new ArrayList<>()).add(value);
  }

  private void requirePositive(String option, int value) {
    if (value < 1 && spec != null) {
      throw new ParameterException(
          spec.commandLine(), option + " must be at least 1, got " + value + ".");
    }
  }
}
