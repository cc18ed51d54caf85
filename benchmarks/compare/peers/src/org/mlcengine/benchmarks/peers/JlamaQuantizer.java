package org.mlcengine.benchmarks.peers;

import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.safetensors.SafeTensorSupport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Quantizes a Hugging Face folder to Jlama's 4 bits, norms excepted. Arguments: source, target. */
public final class JlamaQuantizer {
  private JlamaQuantizer() {}

  /** Runs the program. */
  public static void main(String[] args) throws IOException {
    SafeTensorSupport.quantizeModel(
        Path.of(args[0]), DType.Q4, new String[] {"norm"}, null, Optional.of(Path.of(args[1])));
  }
}
