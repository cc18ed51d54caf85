package org.mlcengine.grammar;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * Runs work on a deep stack of its own. XGrammar's compiler descends into what it compiles, and an
 * overflow of a stack in native code would end the process.
 */
final class NativeStack {
  /** Only the part that is used takes memory. */
  private static final long BYTES = 256L << 20;

  private NativeStack() {}

  /** Runs {@code work} while the calling thread waits; interrupts do not end the wait. */
  static <T> T call(Supplier<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Runnable task =
        () -> {
          try {
            result.complete(work.get());
          } catch (RuntimeException | Error e) {
            result.completeExceptionally(e);
          }
        };
    Thread thread = new Thread(null, task, "mlc-grammar", BYTES);
    thread.setDaemon(true);
    thread.start();
    try {
      return result.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw e;
    }
  }
}
