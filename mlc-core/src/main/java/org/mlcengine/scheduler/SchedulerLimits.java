package org.mlcengine.scheduler;

/**
 * What a scheduler stays within.
 *
 * @param maxSequences how many sequences run at once
 * @param prefillChunk how many tokens one pass computes
 * @param maxQueue how many sequences may wait for a place
 * @param maxKept how many ended sequences stay in the KV cache for others that begin alike
 */
public record SchedulerLimits(int maxSequences, int prefillChunk, int maxQueue, int maxKept) {}
