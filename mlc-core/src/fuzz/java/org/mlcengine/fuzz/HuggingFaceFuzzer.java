package org.mlcengine.fuzz;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;

/** {@code tokenizer.json}. */
public final class HuggingFaceFuzzer {
  private static final TokenizerFileFuzzer FUZZER = new TokenizerFileFuzzer("tokenizer.json");

  private HuggingFaceFuzzer() {}

  /** Runs one input. */
  public static void fuzzerTestOneInput(FuzzedDataProvider data) {
    FUZZER.run(data);
  }
}
