package org.mlcengine.benchmarks.peers;

import com.github.tjake.jlama.model.AbstractModel;
import com.github.tjake.jlama.model.ModelSupport;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.tensor.AbstractTensor;
import com.github.tjake.jlama.tensor.KvBufferCache;
import com.github.tjake.jlama.tensor.KvBufferCache.KvBuffer;
import java.nio.file.Path;
import java.util.Optional;
import org.mlcengine.benchmarks.compare.ComparedEngine;
import org.mlcengine.benchmarks.compare.Measurement;
import org.mlcengine.benchmarks.compare.Prompt;

/** Jlama, one forward pass at a time, since its own loop ends at the first end-of-text token. */
public final class JlamaEngine implements ComparedEngine {
  private final AbstractModel model;
  private final KvBufferCache buffers;
  private final AbstractTensor<?, ?> logits;

  private JlamaEngine(Path folder, int threads) {
    model =
        ModelSupport.loadModel(
            folder.toFile(), null, DType.F32, DType.I8, Optional.empty(), Optional.of(threads));
    buffers = new KvBufferCache(model);
    logits = model.makeDenseTensor(1, model.getConfig().vocabularySize);
  }

  /** Runs the program; see {@link Measurement} for its arguments. */
  public static void main(String[] args) throws Exception {
    Measurement.run(args, JlamaEngine::new);
  }

  @Override
  public Timing generate(Prompt prompt, int tokens) {
    try (KvBuffer buffer = buffers.getEphemeralKvBuffer()) {
      long start = System.nanoTime();
      int token = prefill(prompt.tokens(), buffer);
      long prefilled = System.nanoTime();
      for (int i = 0; i < tokens - 1; i++) {
        int position = prompt.tokens().length + i;
        try (AbstractTensor<?, ?> hidden =
            model.forward(token, position, buffer, Optional.empty())) {
          token = model.sample(hidden, 0, 0, logits);
        }
      }
      double decode = (System.nanoTime() - prefilled) / 1e9;
      return new Timing((prefilled - start) / 1e9, decode, tokens - 1);
    }
  }

  private int prefill(int[] tokens, KvBuffer buffer) {
    try (AbstractTensor<?, ?> hidden = model.batchForward(tokens, 0, buffer)) {
      return model.sample(hidden.slice(hidden.shape().first() - 1), 0, 0, logits);
    }
  }

  @Override
  public double generateTogether(Prompt prompt, int sequences, int tokens) {
    return 0;
  }
}
