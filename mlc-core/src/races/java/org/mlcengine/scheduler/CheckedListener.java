package org.mlcengine.scheduler;

import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.mlcengine.races.Race;

/** Objects to a second end of its sequence, and to any call after the engine was closed. */
final class CheckedListener implements SequenceListener {
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean room = true;
  private volatile boolean deaf;
  private volatile @Nullable EndReason reason;
  private volatile @Nullable RuntimeException failure;
  private volatile @Nullable AssertionError objection;

  /** Returns a sequence of one prompt token that reports to this. */
  Sequence sequence(int maxTokens) {
    return new Sequence(new int[] {0}, maxTokens, logits -> 0, this);
  }

  /** Sets whether the reader has room. */
  void room(boolean value) {
    room = value;
  }

  /** The engine is closed: no call may come. */
  void deafen() {
    deaf = true;
  }

  /** Waits until the sequence has a token. */
  void awaitToken() throws InterruptedException {
    begun.await();
  }

  /** Waits until the sequence has ended. */
  void await() throws InterruptedException {
    ended.await();
  }

  boolean hasEnded() {
    return ended.getCount() == 0;
  }

  /** Returns why the sequence ended; null if it failed or goes on. */
  @Nullable EndReason reason() {
    return reason;
  }

  /** Returns why the sequence failed; null if it ended or goes on. */
  @Nullable RuntimeException failure() {
    return failure;
  }

  /** Objects unless the sequence ended, once. */
  void requireEnd() {
    requireNoObjection();
    Race.require(hasEnded(), "a sequence that was taken did not end");
  }

  /** Objects if the sequence ended. */
  void requireNoEnd() {
    requireNoObjection();
    Race.require(!hasEnded(), "a sequence that was refused ended");
  }

  private void requireNoObjection() {
    AssertionError error = objection;
    if (error != null) {
      throw error;
    }
  }

  private void heard() {
    if (deaf) {
      objection = new AssertionError("a listener was called after the engine was closed");
    } else if (hasEnded()) {
      objection = new AssertionError("a listener was called after the end");
    }
  }

  @Override
  public boolean onToken(int token) {
    heard();
    begun.countDown();
    return true;
  }

  @Override
  public void onEnd(EndReason end, SequenceTimes times) {
    heard();
    reason = end;
    ended.countDown();
  }

  @Override
  public void onFailure(RuntimeException cause) {
    heard();
    failure = cause;
    ended.countDown();
  }

  @Override
  public boolean hasRoom() {
    return room;
  }
}
