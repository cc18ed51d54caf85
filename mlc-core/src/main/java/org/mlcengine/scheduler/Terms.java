package org.mlcengine.scheduler;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * On which terms a sequence runs beside others.
 *
 * @param priority who goes first where not all can run: the larger, the earlier
 * @param caller sequences of one caller share what a caller is due; an empty text is a caller too
 * @param cacheKey sequences of equal keys share what the KV cache holds of their prompts
 * @param timeout how long it may take from its submission; without end if empty
 * @param pin keeps the prompt after the end; null to keep it as others are kept
 */
public record Terms(
    int priority, String caller, String cacheKey, Optional<Duration> timeout, @Nullable KvPin pin) {
  /** The terms of a request that sets none. */
  public static final Terms DEFAULT = new Terms(0, "", "", Optional.empty());

  /** Creates terms without a pin. */
  public Terms(int priority, String caller, String cacheKey, Optional<Duration> timeout) {
    this(priority, caller, cacheKey, timeout, null);
  }
}
