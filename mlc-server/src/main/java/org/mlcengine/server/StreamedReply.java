package org.mlcengine.server;

import io.helidon.webserver.CloseConnectionException;
import org.jspecify.annotations.Nullable;

/** A reply that is sent as it is generated, and may be stopped from outside. */
final class StreamedReply implements ActiveWork.Task {
  private final String model;
  private final Runnable cancel;
  private @Nullable RuntimeException end;

  StreamedReply(String model, Runnable cancel) {
    this.model = model;
    this.cancel = cancel;
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
    cancel.run();
  }

  synchronized boolean stopped() {
    return end != null;
  }

  synchronized void throwIfStopped() {
    if (end != null) {
      throw end;
    }
  }
}
