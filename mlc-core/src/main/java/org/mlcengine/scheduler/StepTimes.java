package org.mlcengine.scheduler;

/**
 * What the steps of one kind have taken so far.
 *
 * @param steps how many there were
 * @param tokens how many tokens they computed
 * @param nanos how long they took
 * @param nativeNanos the part of it that was spent in native calls
 */
public record StepTimes(long steps, long tokens, long nanos, long nativeNanos) {}
