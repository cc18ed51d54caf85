package org.mlcengine.scheduler;

/**
 * What a scheduler does at the moment, and has done.
 *
 * @param waiting sequences that wait for a place
 * @param running sequences that have one
 * @param kept ended sequences whose prompts stay in the KV cache
 * @param freePages KV pages that nobody holds
 * @param cachedTokens prompt tokens whose KV was there already, since the start
 * @param preemptions how often a sequence lost its place to others, since the start
 * @param drafted tokens that were drafted and verified, since the start
 * @param accepted those of them that were right
 */
public record SchedulerState(
    int waiting,
    int running,
    int kept,
    int freePages,
    long cachedTokens,
    long preemptions,
    long drafted,
    long accepted) {}
