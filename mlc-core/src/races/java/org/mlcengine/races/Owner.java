package org.mlcengine.races;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Objects to uses of a model by a thread that did not open it, and after it was closed. */
public final class Owner {
  private volatile @Nullable Thread thread;
  private final AtomicInteger closes = new AtomicInteger();

  /** The model belongs to this thread. */
  public void open() {
    thread = Thread.currentThread();
  }

  /** The model is used. */
  void use() {
    if (Thread.currentThread() != thread) {
      throw new AssertionError("the model is used by a thread that did not open it");
    }
    if (closes.get() > 0) {
      throw new AssertionError("the model is used after it was closed");
    }
  }

  /** The model is closed. */
  void close() {
    use();
    closes.incrementAndGet();
  }

  /** Objects unless the model was closed once. */
  public void requireClosed() {
    Race.require(closes.get() == 1, "a model was closed %d times".formatted(closes.get()));
  }

  /** Objects unless the model was never opened, or closed once. */
  public void requireNotOpen() {
    if (thread != null) {
      requireClosed();
    }
  }
}
