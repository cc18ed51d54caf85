package org.mlcengine.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.mlcengine.EngineMetrics;
import org.mlcengine.MLCEngine;
import org.mlcengine.natives.CpuKernels;

/**
 * Where the time of a step goes, in milliseconds of a mean step.
 *
 * @param prefill a step that computes the prompt
 * @param decode a step that computes one token of each stream
 */
record StepProfile(Part prefill, Part decode) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final double NANOS = 1e6;

  /**
   * The steps of one kind.
   *
   * @param kernels milliseconds in each stage of the CPU kernels; empty if the model library has
   *     its own
   * @param vm milliseconds in the rest of the native calls
   * @param java milliseconds outside native calls
   */
  record Part(Map<String, Double> kernels, double vm, double java) {
    double kernelTotal() {
      return kernels.values().stream().mapToDouble(Double::doubleValue).sum();
    }

    double total() {
      return kernelTotal() + vm + java;
    }
  }

  /**
   * Measures an engine that does nothing else.
   *
   * @param prefill a request that ends with its prefill
   * @param reply the same request with a reply
   * @param repeats how often each is made; the means of all are taken
   */
  static StepProfile measure(MLCEngine engine, Runnable prefill, Runnable reply, int repeats) {
    List<Run> prefills = new ArrayList<>();
    List<Run> replies = new ArrayList<>();
    for (int repeat = 0; repeat < repeats; repeat++) {
      prefills.add(Run.of(engine, prefill));
      replies.add(Run.of(engine, reply));
    }
    Map<String, Double> prefillStages = stages(prefills);
    // Nothing but its decode steps sets the request with a reply apart.
    Map<String, Double> decodeStages = stages(replies);
    prefillStages.forEach((stage, ns) -> decodeStages.merge(stage, -ns, Double::sum));
    return new StepProfile(
        part(prefills.stream().map(run -> run.metrics().prefill()).toList(), prefillStages),
        part(replies.stream().map(run -> run.metrics().decode()).toList(), decodeStages));
  }

  /** What one request took. */
  private record Run(EngineMetrics metrics, JsonNode stages) {
    static Run of(MLCEngine engine, Runnable request) {
      boolean kernels = CpuKernels.loaded().isPresent();
      EngineMetrics before = engine.metrics();
      if (kernels) {
        CpuKernels.startProfile();
      }
      request.run();
      String stages = kernels ? CpuKernels.stopProfile() : "{}";
      try {
        return new Run(engine.metrics().since(before), JSON.readTree(stages));
      } catch (IOException e) {
        throw new UncheckedIOException("the kernels' profile is no JSON: " + stages, e);
      }
    }
  }

  private static Map<String, Double> stages(List<Run> runs) {
    Map<String, Double> nanos = new LinkedHashMap<>();
    for (Run run : runs) {
      run.stages()
          .properties()
          .forEach(
              stage ->
                  nanos.merge(stage.getKey(), stage.getValue().path("ns").asDouble(), Double::sum));
    }
    return nanos;
  }

  private static Part part(List<EngineMetrics.Steps> runs, Map<String, Double> stages) {
    double count = runs.stream().mapToLong(EngineMetrics.Steps::count).sum();
    double time = runs.stream().mapToLong(steps -> steps.time().toNanos()).sum();
    double inNative = runs.stream().mapToLong(steps -> steps.nativeTime().toNanos()).sum();
    double inKernels = stages.values().stream().mapToDouble(Double::doubleValue).sum();
    Map<String, Double> kernels = new LinkedHashMap<>();
    stages.forEach((stage, ns) -> kernels.put(stage, ns / count / NANOS));
    return new Part(
        kernels, (inNative - inKernels) / count / NANOS, (time - inNative) / count / NANOS);
  }

  void print(PrintStream output) {
    output.printf("%n%-24s %14s %14s%n", "milliseconds of a step", "prefill", "decode");
    TreeSet<String> stages = new TreeSet<>(prefill.kernels().keySet());
    stages.addAll(decode.kernels().keySet());
    for (String stage : stages) {
      row(
          output,
          "kernel " + stage,
          prefill.kernels().getOrDefault(stage, 0.0),
          decode.kernels().getOrDefault(stage, 0.0));
    }
    row(output, "kernels", prefill.kernelTotal(), decode.kernelTotal());
    row(output, "virtual machine", prefill.vm(), decode.vm());
    row(output, "Java", prefill.java(), decode.java());
    row(output, "all", prefill.total(), decode.total());
  }

  private static void row(PrintStream output, String name, double prefill, double decode) {
    output.printf(Locale.ROOT, "%-24s %14.3f %14.3f%n", name, prefill, decode);
  }

  /** Adds {@code prefill} and {@code decode} to an object. */
  void write(ObjectNode target) {
    write(target.putObject("prefill"), prefill);
    write(target.putObject("decode"), decode);
  }

  private static void write(ObjectNode target, Part part) {
    ObjectNode kernels = target.putObject("kernels_ms");
    part.kernels().forEach(kernels::put);
    target.put("vm_ms", part.vm()).put("java_ms", part.java()).put("step_ms", part.total());
  }
}
