package org.mlcengine.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mlcengine.EngineInfo;

/**
 * What {@code mlc bench} found.
 *
 * @param batch streams at once
 * @param measured the values of each repeat, by name
 * @param profile where the time of a step goes, if that was asked for
 */
record BenchReport(
    EngineInfo info,
    int promptTokens,
    int decodeTokens,
    int batch,
    int repeats,
    Map<String, List<Double>> measured,
    @Nullable StepProfile profile) {
  String json() {
    ObjectNode result = new ObjectMapper().createObjectNode();
    result.put("model", info.model());
    result.put("quantization", info.quantization());
    result.put("threads", info.threads());
    result.put("batch", batch);
    result.put("prompt_tokens", promptTokens);
    result.put("decode_tokens", decodeTokens);
    result.put("repeats", repeats);
    measured.forEach((name, values) -> result.put(name, Spread.of(values).median()));
    if (profile != null) {
      profile.write(result.putObject("profile"));
    }
    return result.toString();
  }

  void print(PrintStream output) {
    output.printf(
        Locale.ROOT,
        "%s (%s), threads: %d, streams: %d, prompt tokens: %d, decode tokens: %d, repeats: %d%n",
        info.model(),
        info.quantization(),
        info.threads(),
        batch,
        promptTokens,
        decodeTokens,
        repeats);
    output.printf("%n%-24s %14s %14s %14s%n", "", "min", "median", "max");
    measured.forEach((name, values) -> print(name, Spread.of(values), output));
    if (profile != null) {
      profile.print(output);
    }
  }

  private static void print(String name, Spread spread, PrintStream output) {
    String format =
        name.endsWith("_bytes")
            ? "%-24s %,14.0f %,14.0f %,14.0f%n"
            : "%-24s %14.3f %14.3f %14.3f%n";
    output.printf(Locale.ROOT, format, name, spread.min(), spread.median(), spread.max());
  }
}
