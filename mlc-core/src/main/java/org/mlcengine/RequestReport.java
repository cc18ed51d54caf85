package org.mlcengine;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mlcengine.protocol.FinishReason;
import org.mlcengine.scheduler.EndReason;
import org.mlcengine.scheduler.SequenceTimes;

/**
 * What becomes of one request, told to the listener once. The caller's thread tells of a request
 * until its choices are submitted; from then on the engine's thread does, since each choice that
 * was submitted ends there, whether or not the caller still waits.
 */
final class RequestReport {
  private static final System.Logger LOGGER = System.getLogger(RequestReport.class.getName());

  private final EngineListener listener;
  private final RequestSummary.Operation operation;
  private final int choices;
  private final long start = System.nanoTime();
  private String model = "";
  private int promptTokens;
  private boolean settled;

  /** Of the choices that have ended; {@link FinishReason#ERROR} for the others. */
  private final FinishReason[] reasons;

  private int ended;
  private int cachedTokens;
  private int completionTokens;
  private @Nullable Duration timeToFirstToken;
  private @Nullable RuntimeException failure;
  private volatile @Nullable RuntimeException interruption;

  RequestReport(EngineListener listener, RequestSummary.Operation operation, int choices) {
    this.listener = listener;
    this.operation = operation;
    this.choices = choices;
    reasons = new FinishReason[choices];
    Arrays.fill(reasons, FinishReason.ERROR);
  }

  /** The request runs on a model. */
  void runsOn(String name) {
    model = name;
  }

  /** The choices are about to be submitted. */
  void prompt(int tokens) {
    promptTokens = tokens;
  }

  /** The choices were submitted. */
  void submitted() {
    settled = true;
  }

  /** Returns whether the caller's thread has nothing to tell any more. */
  boolean isSettled() {
    return settled;
  }

  /** The call ends with an exception, which is told unless the report is settled. */
  void refused(RuntimeException cause) {
    if (!settled) {
      promptTokens = 0;
      failure = cause;
      tell(List.of());
    }
  }

  /** The request for embeddings is done. */
  void embedded(int tokens) {
    settled = true;
    promptTokens = tokens;
    tell(List.of());
  }

  /** The caller was interrupted, and cancels the choices next. */
  void interrupted(RuntimeException cause) {
    interruption = cause;
  }

  /** A choice has one more token. Called on the engine's thread. */
  void token() {
    if (timeToFirstToken == null) {
      timeToFirstToken = sinceStart();
    }
    completionTokens++;
  }

  /** A choice has ended. Called on the engine's thread. */
  void ended(int choice, EndReason reason, SequenceTimes times) {
    if (choice == 0) {
      cachedTokens = times.cachedTokens();
    }
    end(choice, Replies.reason(reason));
  }

  /** A choice has failed. Called on the engine's thread. */
  void failed(int choice, RuntimeException cause) {
    if (failure == null) {
      failure = cause;
    }
    end(choice, FinishReason.ERROR);
  }

  private void end(int choice, FinishReason reason) {
    reasons[choice] = reason;
    if (++ended == choices) {
      tell(Arrays.asList(reasons));
    }
  }

  private void tell(List<FinishReason> finishReasons) {
    RuntimeException cause = failure;
    if (cause == null && finishReasons.contains(FinishReason.ABORT)) {
      cause = interruption;
    }
    RequestSummary summary =
        new RequestSummary(
            operation,
            model,
            choices,
            promptTokens,
            cachedTokens,
            completionTokens,
            Optional.ofNullable(timeToFirstToken),
            sinceStart(),
            finishReasons,
            Optional.ofNullable(cause));
    try {
      listener.onRequestEnd(summary);
    } catch (Throwable e) {
      // Anything else would end the engine's thread, and with it the requests of others.
      LOGGER.log(System.Logger.Level.WARNING, "The engine's listener failed.", e);
    }
  }

  private Duration sinceStart() {
    return Duration.ofNanos(System.nanoTime() - start);
  }
}
