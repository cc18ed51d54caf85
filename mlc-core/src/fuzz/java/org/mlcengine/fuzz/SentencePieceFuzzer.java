package org.mlcengine.fuzz;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;

/** {@code tokenizer.model}. */
public final class SentencePieceFuzzer {
  private static final TokenizerFileFuzzer FUZZER = new TokenizerFileFuzzer("tokenizer.model");

  private SentencePieceFuzzer() {}

  /** Runs one input. */
  public static void fuzzerTestOneInput(FuzzedDataProvider data) {
    FUZZER.run(data);
  }
}
