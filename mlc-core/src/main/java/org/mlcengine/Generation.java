package org.mlcengine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.mlcengine.errors.RequestInterruptedException;
import org.mlcengine.generation.ReplyText;
import org.mlcengine.sampling.TokenLogprobs;
import org.mlcengine.scheduler.EndReason;
import org.mlcengine.scheduler.Scheduler;
import org.mlcengine.scheduler.Sequence;
import org.mlcengine.scheduler.SequenceListener;
import org.mlcengine.scheduler.SequenceTimes;
import org.mlcengine.scheduler.Terms;

/**
 * One request under way: its sequences, one for each choice, feed one queue, which the caller
 * reads. A choice whose reader lags by {@link #CAPACITY} events pauses until it catches up.
 */
final class Generation {
  private static final int CAPACITY = 256;

  /** When text reaches the caller. */
  enum Delivery {
    /** Piece by piece, as it is generated. */
    PIECES,
    /** At the end. The caller sleeps until then and takes no processor from the engine. */
    WHOLE
  }

  /** What happened to a choice. */
  sealed interface Event {}

  /**
   * Text to append to a choice.
   *
   * @param logprobs of the tokens that it completes; none if they were not asked for
   */
  record Text(int choice, String text, List<TokenLogprobs> logprobs) implements Event {}

  /** A choice is complete. */
  record End(int choice, EndReason reason, SequenceTimes times) implements Event {}

  /** The request failed. */
  record Failure(RuntimeException cause) implements Event {}

  private final Scheduler scheduler;
  private final Delivery delivery;
  private final RequestReport report;
  private final int capacity;
  private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final List<Choice> choices = new ArrayList<>();
  private final List<Sequence> sequences = new ArrayList<>();
  private final AtomicInteger open = new AtomicInteger();

  Generation(Scheduler scheduler, Delivery delivery, RequestReport report) {
    this(scheduler, delivery, report, CAPACITY);
  }

  /**
   * Creates a request.
   *
   * @param capacity by how many events its reader may lag
   */
  Generation(Scheduler scheduler, Delivery delivery, RequestReport report, int capacity) {
    this.scheduler = scheduler;
    this.delivery = delivery;
    this.report = report;
    this.capacity = capacity;
  }

  /** Adds a choice, before {@link #start}; as many as the report expects. */
  void add(int[] prompt, int maxTokens, ReplySampler sampler, ReplyText text, Terms terms) {
    Choice choice = new Choice(sequences.size(), sampler, text);
    choices.add(choice);
    sequences.add(new Sequence(prompt, maxTokens, sampler, choice, terms));
  }

  /** Hands the choices to the scheduler. */
  void start() {
    open.set(sequences.size());
    try {
      scheduler.submit(sequences);
    } catch (RuntimeException e) {
      discard();
      throw e;
    }
    report.submitted();
  }

  /** Frees what the choices hold; they have not been started. */
  void discard() {
    choices.forEach(choice -> choice.sampler.close());
  }

  /** Returns whether there is no event left to wait for. */
  boolean ended() {
    return open.get() == 0;
  }

  /**
   * Waits for the next event.
   *
   * @throws RuntimeException what the request failed with
   */
  Event next() {
    Event event;
    try {
      event = events.take();
    } catch (InterruptedException e) {
      RequestInterruptedException interruption = new RequestInterruptedException(e);
      report.interrupted(interruption);
      cancel();
      Thread.currentThread().interrupt();
      throw interruption;
    }
    // The choices paused at capacity and add none until they are woken, so that the queue
    // passes this size. A look before taking could miss an event that fills the queue meanwhile.
    if (events.size() == capacity - 1) {
      scheduler.wake();
    }
    switch (event) {
      case Text text -> {}
      case End end -> open.decrementAndGet();
      case Failure failure -> {
        open.set(0);
        cancel();
        failure.cause().addSuppressed(new RequestSite());
        throw failure.cause();
      }
    }
    return event;
  }

  /** Ends all choices before their next step. */
  void cancel() {
    sequences.forEach(Sequence::cancel);
    scheduler.wake();
  }

  /** Marks where in the caller's code a request failed on the engine's thread. */
  private static final class RequestSite extends RuntimeException {
    RequestSite() {
      super("the request was read here");
    }
  }

  private final class Choice implements SequenceListener {
    private final int index;
    private final ReplySampler sampler;
    private final ReplyText text;
    private final StringBuilder held = new StringBuilder();

    /** Of tokens whose text has not been handed over; only if they were asked for. */
    private final ArrayDeque<TokenLogprobs> logprobs = new ArrayDeque<>();

    /** How many of them belong to held text. */
    private int heldTokens;

    Choice(int index, ReplySampler sampler, ReplyText text) {
      this.index = index;
      this.sampler = sampler;
      this.text = text;
    }

    @Override
    public boolean onToken(int token) {
      report.token();
      TokenLogprobs drawn = sampler.logprobs();
      if (drawn != null) {
        logprobs.add(drawn);
      }
      ReplyText.Piece piece = text.accept(token);
      offer(piece);
      return !piece.stopped();
    }

    @Override
    public void onEnd(EndReason reason, SequenceTimes times) {
      try {
        if (reason != EndReason.STOP) {
          offer(text.finish());
        }
        handOver();
        sampler.close();
      } catch (RuntimeException e) {
        onFailure(e);
        return;
      }
      report.ended(index, reason, times);
      events.add(new End(index, reason, times));
    }

    @Override
    public void onFailure(RuntimeException failure) {
      try {
        sampler.close();
      } catch (RuntimeException e) {
        if (e != failure) {
          failure.addSuppressed(e);
        }
      }
      report.failed(index, failure);
      events.add(new Failure(failure));
    }

    @Override
    public boolean hasRoom() {
      return events.size() < capacity;
    }

    private void offer(ReplyText.Piece piece) {
      held.append(piece.text());
      heldTokens += piece.tokens();
      if (delivery == Delivery.PIECES) {
        handOver();
      }
    }

    private void handOver() {
      List<TokenLogprobs> told = told();
      if (!held.isEmpty() || !told.isEmpty()) {
        events.add(new Text(index, held.toString(), told));
        held.setLength(0);
      }
    }

    private List<TokenLogprobs> told() {
      int count = Math.min(heldTokens, logprobs.size());
      heldTokens = 0;
      if (count == 0) {
        return List.of();
      }
      List<TokenLogprobs> told = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        told.add(logprobs.remove());
      }
      return told;
    }
  }
}
