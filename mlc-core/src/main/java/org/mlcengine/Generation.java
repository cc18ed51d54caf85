package org.mlcengine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.mlcengine.errors.RequestInterruptedException;
import org.mlcengine.generation.ReplyText;
import org.mlcengine.scheduler.EndReason;
import org.mlcengine.scheduler.Scheduler;
import org.mlcengine.scheduler.Sequence;
import org.mlcengine.scheduler.SequenceListener;
import org.mlcengine.scheduler.SequenceTimes;
import org.mlcengine.scheduler.TokenSampler;

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

  /** Text to append to a choice. */
  record Text(int choice, String text) implements Event {}

  /** A choice is complete. */
  record End(int choice, EndReason reason, SequenceTimes times) implements Event {}

  /** The request failed. */
  record Failure(RuntimeException cause) implements Event {}

  private final Scheduler scheduler;
  private final Delivery delivery;
  private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final List<Sequence> sequences = new ArrayList<>();
  private final AtomicInteger open = new AtomicInteger();

  Generation(Scheduler scheduler, Delivery delivery) {
    this.scheduler = scheduler;
    this.delivery = delivery;
  }

  /** Adds a choice, before {@link #start}. */
  void add(int[] prompt, int maxTokens, TokenSampler sampler, ReplyText text) {
    int choice = sequences.size();
    sequences.add(new Sequence(prompt, maxTokens, sampler, new Choice(choice, text)));
  }

  /** Hands the choices to the scheduler. */
  void start() {
    open.set(sequences.size());
    try {
      sequences.forEach(scheduler::submit);
    } catch (RuntimeException e) {
      cancel();
      throw e;
    }
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
      cancel();
      Thread.currentThread().interrupt();
      throw new RequestInterruptedException(e);
    }
    // The choices paused at CAPACITY events and add none until they are woken, so that the queue
    // passes this size. A look before taking could miss an event that fills the queue meanwhile.
    if (events.size() == CAPACITY - 1) {
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
    private final ReplyText text;
    private final StringBuilder held = new StringBuilder();

    Choice(int index, ReplyText text) {
      this.index = index;
      this.text = text;
    }

    @Override
    public boolean onToken(int token) {
      ReplyText.Piece piece = text.accept(token);
      offer(piece.text());
      return !piece.stopped();
    }

    @Override
    public void onEnd(EndReason reason, SequenceTimes times) {
      if (reason != EndReason.STOP) {
        offer(text.finish());
      }
      if (!held.isEmpty()) {
        events.add(new Text(index, held.toString()));
      }
      events.add(new End(index, reason, times));
    }

    @Override
    public void onFailure(RuntimeException failure) {
      events.add(new Failure(failure));
    }

    @Override
    public boolean hasRoom() {
      return events.size() < CAPACITY;
    }

    private void offer(String piece) {
      if (delivery == Delivery.WHOLE) {
        held.append(piece);
      } else if (!piece.isEmpty()) {
        events.add(new Text(index, piece));
      }
    }
  }
}
