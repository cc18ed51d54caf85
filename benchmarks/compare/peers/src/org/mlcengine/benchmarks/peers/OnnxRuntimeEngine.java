package org.mlcengine.benchmarks.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.mlcengine.benchmarks.compare.ComparedEngine;
import org.mlcengine.benchmarks.compare.Measurement;
import org.mlcengine.benchmarks.compare.Prompt;

/**
 * ONNX Runtime on the graph of onnx_model.py. Each key-value tensor is one buffer that the graph
 * reads as past and writes as present, so that nothing is copied from step to step.
 */
public final class OnnxRuntimeEngine implements ComparedEngine {
  private static final String PAST = "past_";

  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;
  private final Map<Integer, Batch> batches = new HashMap<>();

  private OnnxRuntimeEngine(Path file, int threads) throws OrtException {
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    options.setIntraOpNumThreads(threads);
    options.setInterOpNumThreads(1);
    session = environment.createSession(file.toString(), options);
  }

  /** Runs the program; see {@link Measurement} for its arguments. */
  public static void main(String[] args) throws Exception {
    Measurement.run(args, OnnxRuntimeEngine::new);
  }

  @Override
  public Timing generate(Prompt prompt, int tokens) throws OrtException {
    return batch(1).generate(prompt.tokens(), tokens);
  }

  @Override
  public double generateTogether(Prompt prompt, int sequences, int tokens) throws OrtException {
    Timing timing = batch(sequences).generate(prompt.tokens(), tokens);
    return sequences * timing.decodedTokens() / timing.decodeSeconds();
  }

  private Batch batch(int sequences) throws OrtException {
    Batch batch = batches.get(sequences);
    if (batch == null) {
      batch = new Batch(sequences);
      batches.put(sequences, batch);
    }
    return batch;
  }

  /** Equal sequences that step together, with their caches. */
  private final class Batch {
    private static final int POSITIONS = 2048;
    private static final int HEADS = 3;
    private static final int HEAD_SIZE = 64;
    private static final int VOCABULARY = 49152;

    private final int sequences;
    private final Map<String, OnnxTensor> past = new HashMap<>();
    private final Map<String, OnnxTensor> outputs = new HashMap<>();
    private final FloatBuffer logits;

    Batch(int sequences) throws OrtException {
      this.sequences = sequences;
      for (String name : session.getInputNames()) {
        if (name.startsWith(PAST)) {
          OnnxTensor cache =
              tensor(floats(HEADS * POSITIONS * HEAD_SIZE), HEADS, POSITIONS, HEAD_SIZE);
          past.put(name, cache);
          outputs.put("present_" + name.substring(PAST.length()), cache);
        }
      }
      logits = floats(VOCABULARY);
      outputs.put("logits", tensor(logits, 1, VOCABULARY));
    }

    private FloatBuffer floats(int each) {
      return ByteBuffer.allocateDirect(sequences * each * Float.BYTES)
          .order(ByteOrder.nativeOrder())
          .asFloatBuffer();
    }

    private OnnxTensor tensor(FloatBuffer data, long... shape) throws OrtException {
      long[] whole = new long[shape.length + 1];
      whole[0] = sequences;
      System.arraycopy(shape, 0, whole, 1, shape.length);
      return OnnxTensor.createTensor(environment, data, whole);
    }

    Timing generate(int[] prompt, int tokens) throws OrtException {
      long start = System.nanoTime();
      int token = step(prompt, prompt.length);
      long prefilled = System.nanoTime();
      for (int i = 1; i < tokens; i++) {
        token = step(new int[] {token}, prompt.length + i);
      }
      double decode = (System.nanoTime() - prefilled) / 1e9;
      return new Timing((prefilled - start) / 1e9, decode, tokens - 1);
    }

    /** Appends the same tokens to every sequence; returns the first sequence's next token. */
    private int step(int[] tokens, int length) throws OrtException {
      LongBuffer ids = LongBuffer.allocate(sequences * tokens.length);
      for (int i = 0; i < sequences; i++) {
        Arrays.stream(tokens).forEach(ids::put);
      }
      int[] last = new int[sequences];
      Arrays.fill(last, length - 1);
      try (OnnxTensor input =
              OnnxTensor.createTensor(
                  environment, ids.flip(), new long[] {sequences, tokens.length});
          OnnxTensor lengths = OnnxTensor.createTensor(environment, last);
          OnnxTensor total = OnnxTensor.createTensor(environment, length)) {
        Map<String, OnnxTensor> inputs = new HashMap<>(past);
        inputs.put("input_ids", input);
        inputs.put("seqlens_k", lengths);
        inputs.put("total_seq", total);
        session.run(inputs, Set.of(), outputs, null).close();
      }
      return best();
    }

    /** Each sequence's choice, as greedy sampling makes it; they are equal. */
    private int best() {
      int best = 0;
      for (int row = 0; row < sequences; row++) {
        int from = row * VOCABULARY;
        best = 0;
        for (int i = 1; i < VOCABULARY; i++) {
          if (logits.get(from + i) > logits.get(from + best)) {
            best = i;
          }
        }
      }
      return best;
    }
  }
}
