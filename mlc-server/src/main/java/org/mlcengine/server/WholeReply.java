package org.mlcengine.server;

import io.helidon.webserver.CloseConnectionException;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/** A reply that is sent when it is complete, and may be stopped from outside. */
final class WholeReply<R> implements ActiveWork.Task {
  private final String model;
  private final FutureTask<R> work;
  private @Nullable RuntimeException end;

  WholeReply(String model, Callable<R> call) {
    this.model = model;
    work = new FutureTask<>(call);
  }

  @Override
  public String model() {
    return model;
  }

  @Override
  public void stop(ApiError error) {
    end(new ApiException(error));
  }

  /** Stops the work, since the client is gone. */
  void abandon() {
    end(new CloseConnectionException("The client is gone"));
  }

  private void end(RuntimeException why) {
    synchronized (this) {
      if (end == null) {
        end = why;
      }
    }
    work.cancel(true);
  }

  /**
   * Does the work on a thread of its own, which can be interrupted without harm to the connection.
   *
   * @throws RuntimeException what the work threw, or why it was stopped
   */
  R await() {
    Thread.ofVirtual().name("mlc-server-reply").start(work);
    try {
      return work.get();
    } catch (CancellationException e) {
      synchronized (this) {
        throw end == null ? e : end;
      }
    } catch (InterruptedException e) {
      abandon();
      Thread.currentThread().interrupt();
      throw new CloseConnectionException("Interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(e.getCause());
    }
  }
}
