package org.mlcengine.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;
import org.mlcengine.EngineInfo;
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
      names = "--repeats",
      paramLabel = "N",
      defaultValue = "3",
      description = "How often everything is measured. Default: ${DEFAULT-VALUE}.")
  private int repeats;

  @Option(
      names = "--json",
      description = "Print one JSON object with the medians and nothing else.")
  private boolean json;

  @Override
  public void run() {
    requirePositive("--prompt-tokens", promptTokens);
    requirePositive("--repeats", repeats);
    if (decodeTokens < 2 && spec != null) {
      throw new ParameterException(spec.commandLine(), "--decode-tokens must be at least 2.");
    }
    Map<String, List<Double>> measured = new LinkedHashMap<>();
    EngineInfo info = null;
    for (int repeat = 0; repeat < repeats; repeat++) {
      info = measure(measured);
    }
    if (info != null) {
      if (json) {
        System.out.println(json(info, measured));
      } else {
        print(info, measured, System.out);
      }
    }
  }

  private EngineInfo measure(Map<String, List<Double>> measured) {
    try (MLCEngine engine = engineOptions.open(EngineMode.INTERACTIVE)) {
      EngineInfo info = engine.info();
      request(engine, WARM_UP_TOKENS, WARM_UP_TOKENS);
      RequestMetrics metrics = request(engine, promptTokens, decodeTokens);
      add(measured, "prefill_tokens_per_s", metrics.prefillTokensPerSecond());
      add(measured, "decode_tokens_per_s", metrics.decodeTokensPerSecond());
      add(measured, "ttft_s", metrics.timeToFirstToken().toNanos() / 1e9);
      add(measured, "load_s", info.loadTime().toNanos() / 1e9);
      add(measured, "rss_bytes", ResidentMemory.bytes());
      return info;
    }
  }

  private RequestMetrics request(MLCEngine engine, int prompt, int reply) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(prompt);
    int[] tokens = random.ints(prompt, 0, engine.info().vocabularySize()).toArray();
    CompletionCreateParams params =
        CompletionCreateParams.builder()
            .promptTokens(tokens)
            .maxTokens(reply)
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

  private String json(EngineInfo info, Map<String, List<Double>> measured) {
    ObjectNode result = new ObjectMapper().createObjectNode();
    result.put("model", info.model());
    result.put("quantization", info.quantization());
    result.put("threads", info.threads());
    result.put("prompt_tokens", promptTokens);
    result.put("decode_tokens", decodeTokens);
    result.put("repeats", repeats);
    measured.forEach((name, values) -> result.put(name, Spread.of(values).median()));
    return result.toString();
  }

  private void print(EngineInfo info, Map<String, List<Double>> measured, PrintStream output) {
    output.printf(
        Locale.ROOT,
        "%s (%s), %d threads, %d prompt tokens, %d decode tokens, %d repeats%n",
        info.model(),
        info.quantization(),
        info.threads(),
        promptTokens,
        decodeTokens,
        repeats);
    output.printf("%-24s %14s %14s %14s%n", "", "min", "median", "max");
    measured.forEach((name, values) -> print(name, Spread.of(values), output));
  }

  private static void print(String name, Spread spread, PrintStream output) {
    String format =
        name.endsWith("_bytes")
            ? "%-24s %,14.0f %,14.0f %,14.0f%n"
            : "%-24s %14.3f %14.3f %14.3f%n";
    output.printf(Locale.ROOT, format, name, spread.min(), spread.median(), spread.max());
  }
}
