package org.mlcengine;

/**
 * Hears what an engine does, for metrics and logs. Set by {@link MLCEngine.Builder#listener}.
 *
 * <p>May be called by several threads at once, among them the one that computes every reply: a
 * method returns at once and never waits; it cannot close, unload or reload the engine. What it
 * throws is logged and harms no request.
 */
public interface EngineListener {
  /**
   * A request has ended: its replies are complete, or it was refused, failed, timed out, or was
   * stopped by its caller. Called once for each call of {@code create} or {@code createStreaming},
   * before the caller sees the end. A stream that nobody reads to its end or closes ends when it
   * becomes unreachable, or when the engine is closed.
   */
  default void onRequestEnd(RequestSummary request) {}
}
