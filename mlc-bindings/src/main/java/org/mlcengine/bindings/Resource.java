package org.mlcengine.bindings;

import java.lang.System.Logger.Level;
import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a closable object holds of the native side, apart from that object, so that it can be given
 * back after the object was lost. It is given back once: on {@link #close()}, or by the garbage
 * collector with a warning.
 */
abstract class Resource {
  private static final System.Logger LOGGER = System.getLogger("org.mlcengine.bindings");
  private static final Cleaner CLEANER = Cleaner.create();
  private static final AtomicLong LIVE = new AtomicLong();

  private Cleaner.Cleanable cleanable = () -> {};
  private volatile boolean closing;

  /** Begins to watch {@code owner}. This object must not refer to it. */
  final void guard(Object owner) {
    LIVE.incrementAndGet();
    cleanable = CLEANER.register(owner, this::run);
  }

  /** Gives the native side back. Further calls do nothing. */
  final void close() {
    closing = true;
    cleanable.clean();
  }

  static long live() {
    return LIVE.get();
  }

  private void run() {
    LIVE.decrementAndGet();
    if (!closing) {
      LOGGER.log(
          Level.WARNING,
          "{0} was never closed and was released by the garbage collector. Close it when it is no"
              + " longer needed.",
          name());
    }
    release();
  }

  /** What to call the object in the warning. */
  abstract String name();

  /** Gives the native side back; called once. */
  abstract void release();
}
