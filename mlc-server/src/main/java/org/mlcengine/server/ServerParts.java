package org.mlcengine.server;

import java.util.concurrent.Future;

/** What the routes of a server have in common. */
record ServerParts(
    Models models,
    ActiveWork work,
    Deadlines deadlines,
    ServerMetrics metrics,
    ServerLimits limits,
    boolean logPrompts) {

  /** Waits for a reply, for as long as it may take and the client waits for it. */
  <R> R await(Call call, WholeReply<R> reply) {
    work.add(reply);
    Future<?> deadline = deadlines.in(limits.requestTimeout(), () -> reply.stop(timeout()));
    try {
      call.whenGone(reply::abandon);
      return reply.await();
    } finally {
      deadline.cancel(false);
      work.remove(reply);
    }
  }

  /** Returns the error for a reply that takes too long. */
  ApiError timeout() {
    return ApiError.unavailable(
        "request_timeout",
        "The reply took longer than %d ms. Lower max_tokens, or raise the server's limit."
            .formatted(limits.requestTimeout().toMillis()));
  }
}
