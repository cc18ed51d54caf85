package org.mlcengine;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Facts of a loaded engine.
 *
 * @param model the model's name: its folder's
 * @param folder the model folder
 * @param library the model library
 * @param modelType the architecture, for instance {@code llama}
 * @param quantization the quantization, for instance {@code q4f16_1}
 * @param device where it runs, for instance {@code cpu}
 * @param threads how many threads a step uses
 * @param contextWindow the longest sequence, prompt and reply together, in tokens
 * @param maxInputTokens the longest prompt, in tokens
 * @param prefillChunk how many tokens one step computes at most
 * @param maxSequences how many sequences run at once
 * @param vocabularySize the number of logits
 * @param weightBytes memory of the weights
 * @param cacheBytes memory of the KV cache
 * @param temporaryBytes memory of the temporary buffers, as planned by the library
 * @param loadTime how long loading took
 */
public record EngineInfo(
    String model,
    Path folder,
    Path library,
    String modelType,
    String quantization,
    String device,
    int threads,
    int contextWindow,
    int maxInputTokens,
    int prefillChunk,
    int maxSequences,
    int vocabularySize,
    long weightBytes,
    long cacheBytes,
    long temporaryBytes,
    Duration loadTime) {}
