package org.mlcengine.benchmarks.compare;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.mlcengine.benchmarks.compare.ComparedEngine.Timing;

/**
 * One process's measurement of one engine; benchmarks/compare/compare.py starts it and defines what
 * its figures mean.
 *
 * <p>Arguments: model, threads, repeats, tasks with commas between them, folder of the prompts. The
 * environment variable {@code MLC_COMPARE_START} is the time when the process was started, in
 * seconds of the Unix epoch. One JSON object goes to standard output: {@code load_ms}, {@code
 * first_token_ms}, {@code rss_mb}, {@code samples} (a list of numbers for each name) and {@code
 * facts}. A process that has tasks answers for three seconds before they are measured. Each task
 * runs once more than {@code repeats}, the long one twice, and its first run is not counted.
 */
public final class Measurement {
  private static final int REPLY_TOKENS = 65;
  private static final int LONG_REPLY_TOKENS = 33;
  private static final int SEQUENCES = 4;
  private static final double WARM_UP_SECONDS = 3;

  private final Path prompts;
  private final int repeats;
  private final Set<String> tasks;
  private final Map<String, List<Double>> samples = new LinkedHashMap<>();

  private Measurement(String[] args) {
    repeats = Integer.parseInt(args[2]);
    tasks = Set.of(args[3].split(","));
    prompts = Path.of(args[4]);
  }

  /** Measures an engine as the arguments say, prints the result and ends the process. */
  public static void run(String[] args, ComparedEngine.Opener opener) throws Exception {
    PrintStream output = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    output.println(new Measurement(args).measure(args, opener));
    // Some engines leave threads behind that would keep the JVM alive.
    Runtime.getRuntime().halt(0);
  }

  private String measure(String[] args, ComparedEngine.Opener opener) throws Exception {
    Prompt prompt = Prompt.read(prompts, "41");
    long start = System.nanoTime();
    ComparedEngine engine = opener.open(Path.of(args[0]), Integer.parseInt(args[1]));
    double loaded = seconds(start) * 1e3;
    engine.generate(prompt, 1);
    double firstToken = millisSinceProcessStart();
    warmUp(engine);
    for (int i = 0; i <= repeats; i++) {
      repeat(engine, i > 0);
    }
    for (int i = 0; i < 2 && tasks.contains("long"); i++) {
      repeatLong(engine, i > 0);
    }
    double resident = residentMegabytes();
    for (int i = 0; i <= repeats && tasks.contains("four"); i++) {
      add("four", i > 0, engine.generateTogether(prompt, SEQUENCES, REPLY_TOKENS));
    }
    return String.format(
        Locale.ROOT,
        "{\"load_ms\": %.2f, \"first_token_ms\": %.2f, \"rss_mb\": %.1f, \"samples\": %s, \"facts\": %s}",
        loaded,
        firstToken,
        resident,
        json(samples),
        json(engine.facts()));
  }

  /** A JVM compiles what runs often, on the processors that engines compute on. */
  private void warmUp(ComparedEngine engine) throws Exception {
    long start = System.nanoTime();
    while (tasks.contains("short") && seconds(start) < WARM_UP_SECONDS) {
      engine.generate(Prompt.read(prompts, "41"), REPLY_TOKENS);
    }
  }

  private void repeat(ComparedEngine engine, boolean counts) throws Exception {
    if (tasks.contains("short")) {
      Timing timing = engine.generate(Prompt.read(prompts, "41"), REPLY_TOKENS);
      add("prefill_41", counts, 41 / timing.prefillSeconds());
      add("decode", counts, timing.decodedTokens() / timing.decodeSeconds());
    }
    if (tasks.contains("prompt")) {
      Timing timing = engine.generate(Prompt.read(prompts, "512"), 1);
      add("prefill_512", counts, 512 / timing.prefillSeconds());
    }
  }

  private void repeatLong(ComparedEngine engine, boolean counts) throws Exception {
    Timing timing = engine.generate(Prompt.read(prompts, "200"), 1);
    add("prefill_200", counts, 200 / timing.prefillSeconds());
    timing = engine.generate(Prompt.read(prompts, "1900"), LONG_REPLY_TOKENS);
    add("prefill_1900", counts, 1900 / timing.prefillSeconds());
    add("decode_1900", counts, timing.decodedTokens() / timing.decodeSeconds());
  }

  private void add(String name, boolean counts, double value) {
    if (counts && Double.isFinite(value) && value > 0) {
      samples.computeIfAbsent(name, key -> new ArrayList<>()).add(value);
    }
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  private static double millisSinceProcessStart() {
    double start = Double.parseDouble(System.getenv("MLC_COMPARE_START"));
    Duration now = Duration.between(Instant.EPOCH, Instant.now());
    return (now.toNanos() / 1e9 - start) * 1e3;
  }

  private static double residentMegabytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024 / 1e6;
      }
    }
    return 0;
  }

  private static String json(Map<String, ?> values) {
    return values.entrySet().stream()
        .map(entry -> "\"%s\": %s".formatted(entry.getKey(), entry.getValue()))
        .collect(Collectors.joining(", ", "{", "}"));
  }
}
