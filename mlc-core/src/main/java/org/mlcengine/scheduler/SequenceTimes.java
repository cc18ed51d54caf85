package org.mlcengine.scheduler;

/**
 * When things happened to a sequence, in nanoseconds of the scheduler's clock.
 *
 * @param submitted when it entered the queue
 * @param prefilled when its first token was chosen; equal to {@code ended} if none was
 * @param ended when it ended
 * @param promptTokens length of its prompt
 * @param prefillTokens tokens of the prompt that were computed, those computed again included
 * @param cachedTokens tokens of the prompt whose KV was there already
 * @param generatedTokens tokens that were generated
 */
public record SequenceTimes(
    long submitted,
    long prefilled,
    long ended,
    int promptTokens,
    int prefillTokens,
    int cachedTokens,
    int generatedTokens) {}
