package org.mlcengine.runtime;

import java.nio.file.Path;
import org.mlcengine.model.LibraryMetadata;
import org.mlcengine.model.MemoryPlan;
import org.mlcengine.model.ModelConfig;

/**
 * What was read and planned when a model was opened.
 *
 * @param config the model folder's configuration
 * @param library the model library's file
 * @param metadata what the library says of itself
 * @param plan the limits and the memory they take
 * @param threads how many threads a step uses
 */
public record ModelFacts(
    ModelConfig config, Path library, LibraryMetadata metadata, MemoryPlan plan, int threads) {}
