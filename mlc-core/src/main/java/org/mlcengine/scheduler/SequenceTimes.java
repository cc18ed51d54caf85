package org.mlcengine.scheduler;

/**
 * When things happened to a sequence, in nanoseconds of the scheduler's clock.
 *
 * @param submitted when it entered the queue
 * @param prefilled when its first token was chosen; equal to {@code ended} if none was
 * @param ended when it ended
 * @param promptTokens length of its prompt
 * @param prefillTokens tokens that were prefilled, recomputed ones included
 * @param generatedTokens tokens that were generated
 */
public record SequenceTimes(
    long submitted,
    long prefilled,
    long ended,
    int promptTokens,
    int prefillTokens,
    int generatedTokens) {}
