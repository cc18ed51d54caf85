package org.mlcengine.server;

import java.util.Optional;
import java.util.Set;

/** Which web pages of other origins may use the server. */
final class Cors {
  private final Set<String> origins;

  /**
   * Creates the rules.
   *
   * @param origins for instance {@code https://example.org}; a star is any
   */
  Cors(Set<String> origins) {
    this.origins = Set.copyOf(origins);
  }

  /** Tells the browser whether the page that sends the request may see the answer. */
  void addHeaders(Call call) {
    if (origins.isEmpty()) {
      return;
    }
    call.setHeader("vary", "Origin");
    Optional<String> origin = call.header("origin");
    if (origin.isPresent() && (origins.contains("*") || origins.contains(origin.get()))) {
      call.setHeader("access-control-allow-origin", origins.contains("*") ? "*" : origin.get());
      call.setHeader("access-control-expose-headers", "x-request-id, retry-after");
    }
  }

  /** Answers a question about a path, a browser's included. */
  void answerOptions(Call call, Set<String> methods) {
    call.setHeader("allow", String.join(", ", methods));
    if (!origins.isEmpty() && call.header("access-control-request-method").isPresent()) {
      call.setHeader("access-control-allow-methods", String.join(", ", methods));
      call.setHeader(
          "access-control-allow-headers",
          call.header("access-control-request-headers").orElse("*"));
      call.setHeader("access-control-max-age", "600");
    }
    call.sendNothing();
  }
}
