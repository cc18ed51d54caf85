package org.mlcengine.benchmarks.peers;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaIterator;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;
import de.kherud.llama.args.LogFormat;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.mlcengine.benchmarks.compare.ComparedEngine;
import org.mlcengine.benchmarks.compare.Measurement;
import org.mlcengine.benchmarks.compare.Prompt;
import org.mlcengine.benchmarks.compare.Replies;

/** java-llama.cpp. It takes prompts as text; the context of several sequences is shared out. */
public final class JavaLlamaCppEngine implements ComparedEngine {
  private static final int CONTEXT = 2048;

  private final Path file;
  private final int threads;
  private LlamaModel model;
  private int sequences = 1;

  private JavaLlamaCppEngine(Path file, int threads) {
    this.file = file;
    this.threads = threads;
    model = open(1);
  }

  /** Runs the program; see {@link Measurement} for its arguments. */
  public static void main(String[] args) throws Exception {
    LlamaModel.setLogger(LogFormat.TEXT, (level, message) -> {});
    Measurement.run(args, JavaLlamaCppEngine::new);
  }

  private LlamaModel open(int parallel) {
    return new LlamaModel(
        new ModelParameters()
            .setModel(file.toString())
            .setThreads(threads)
            .setThreadsBatch(threads)
            .setCtxSize(CONTEXT * parallel)
            .setBatchSize(512)
            .setParallel(parallel)
            .setGpuLayers(0)
            .skipWarmup());
  }

  @Override
  public Timing generate(Prompt prompt, int tokens) {
    long start = System.nanoTime();
    long[] times = arrivals(prompt, tokens);
    double prefill = (times[0] - start) / 1e9;
    return new Timing(prefill, (times[times.length - 1] - times[0]) / 1e9, tokens - 1);
  }

  @Override
  public double generateTogether(Prompt prompt, int count, int tokens) throws Exception {
    if (sequences != count) {
      model.close();
      model = open(count);
      sequences = count;
    }
    return Replies.together(count, tokens, () -> arrivals(prompt, tokens));
  }

  private long[] arrivals(Prompt prompt, int tokens) {
    LlamaIterator reply =
        model
            .generate(
                new InferenceParameters(prompt.text())
                    .setNPredict(tokens)
                    .setTemperature(0)
                    .setTopK(1)
                    .setIgnoreEos(true)
                    .setCachePrompt(false))
            .iterator();
    List<Long> times = new ArrayList<>();
    while (reply.hasNext()) {
      reply.next();
      times.add(System.nanoTime());
    }
    return times.stream().mapToLong(Long::longValue).toArray();
  }
}
