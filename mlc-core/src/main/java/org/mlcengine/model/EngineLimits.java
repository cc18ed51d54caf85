package org.mlcengine.model;

/**
 * The limits that an engine runs within.
 *
 * @param maxSequences sequences at once
 * @param contextWindow tokens of one sequence, prompt and reply together
 * @param maxTotalTokens tokens of all sequences together
 * @param prefillChunk tokens per prefill call
 * @param pageSize tokens per page of the KV cache
 * @param pages pages of the KV cache, as the model library allocates them for {@code
 *     maxTotalTokens}
 */
public record EngineLimits(
    int maxSequences,
    int contextWindow,
    int maxTotalTokens,
    int prefillChunk,
    int pageSize,
    int pages) {}
