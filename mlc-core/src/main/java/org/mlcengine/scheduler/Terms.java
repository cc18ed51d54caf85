package org.mlcengine.scheduler;

import java.time.Duration;
import java.util.Optional;

/**
 * On which terms a sequence runs beside others.
 *
 * @param priority who goes first where not all can run: the larger, the earlier
 * @param caller sequences of one caller share what a caller is due; an empty text is a caller too
 * @param cacheKey sequences of equal keys share what the KV cache holds of their prompts
 * @param timeout how long it may take from its submission; without end if empty
 */
public record Terms(int priority, String caller, String cacheKey, Optional<Duration> timeout) {
  /** The terms of a request that sets none. */
  public static final Terms DEFAULT = new Terms(0, "", "", Optional.empty());
}
