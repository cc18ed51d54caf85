package org.mlcengine.runtime;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.mlcengine.model.LimitRequest;
import org.mlcengine.model.ModelConfig;

/**
 * What is to be opened, and how.
 *
 * @param config the model folder's configuration
 * @param library the model library; null for the one in the folder
 * @param natives the folder with the natives; null for the usual places
 * @param threads how many threads a step uses
 * @param limits the limits asked for
 * @param verifyWeights whether checksums are verified when the files are new or have changed
 */
public record OpenRequest(
    ModelConfig config,
    @Nullable Path library,
    @Nullable Path natives,
    int threads,
    LimitRequest limits,
    boolean verifyWeights) {}
