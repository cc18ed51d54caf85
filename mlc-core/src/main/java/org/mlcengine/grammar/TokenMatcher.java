package org.mlcengine.grammar;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;
import org.mlcengine.bindings.DataType;
import org.mlcengine.bindings.TvmCall;
import org.mlcengine.bindings.TvmFunction;
import org.mlcengine.bindings.TvmObject;
import org.mlcengine.bindings.TvmTensorBuffer;
import org.mlcengine.errors.InvalidRequestException;

/**
 * One reply's way through a grammar. Only the thread that made a matcher may use and close it;
 * others get a {@link WrongThreadException}. A closed matcher gives an {@link
 * IllegalStateException}.
 *
 * <p>For each token: {@link #mask()} says which may come next, and {@link #accept} takes the one
 * that was drawn. A stop token may come where the text is complete; it ends the reply.
 */
public final class TokenMatcher implements AutoCloseable {
  private final Thread owner = Thread.currentThread();
  private final Vocabulary vocabulary;
  private final TvmObject matcher;
  private final TvmTensorBuffer bits;
  private final MemorySegment words;
  private final TvmCall fill;
  private final TvmCall acceptToken;
  private int accepted;
  private boolean terminated;
  private boolean closed;

  /** Takes over the object. */
  TokenMatcher(TvmObject matcher, Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
    this.matcher = matcher;
    bits = TvmTensorBuffer.allocate(DataType.INT32, vocabulary.words());
    words = bits.data().asSlice(0, (long) vocabulary.words() * Integer.BYTES).asReadOnly();
    try (TvmFunction function = XGrammar.matcherMethod("fill_next_token_bitmask")) {
      fill = function.prepare(4).setObject(0, matcher).setTensor(1, bits);
      fill.setInt(2, 0).setBoolean(3, false);
    }
    try (TvmFunction function = XGrammar.matcherMethod("accept_token")) {
      acceptToken = function.prepare(3).setObject(0, matcher).setBoolean(2, false);
    }
  }

  /**
   * Returns which tokens may come next. At least one may. Allocates nothing on the Java heap.
   *
   * @return {@code ceil(logits / 32)} words of 32 bits in native memory, which stay as they are
   *     until the next call: token {@code i} may come if bit {@code i % 32} of word {@code i / 32}
   *     is set; or null if every token may come
   * @throws IllegalStateException if the reply has ended
   * @throws InvalidRequestException if no token of the vocabulary can continue the text
   */
  public @Nullable MemorySegment mask() {
    requireGoingOn();
    fill.invoke();
    if (!fill.resultBoolean()) {
      return null;
    }
    if (isEmpty()) {
      throw Refusal.of(
          "no token of the model's vocabulary continues the reply as the grammar demands");
    }
    return words;
  }

  /**
   * Takes a token.
   *
   * @return whether it may come next; if not, nothing has changed
   * @throws IllegalStateException if the reply has ended
   */
  public boolean accept(int token) {
    requireGoingOn();
    if (token < 0 || token >= vocabulary.size() || vocabulary.unusable().get(token)) {
      return false;
    }
    acceptToken.setInt(1, token).invoke();
    boolean may = acceptToken.resultBoolean();
    accepted += may ? 1 : 0;
    terminated = may && vocabulary.stops().get(token);
    return may;
  }

  /**
   * Takes text, as if it had come in one token.
   *
   * @return whether it may come next; if not, nothing has changed
   * @throws IllegalStateException if the reply has ended
   */
  public boolean accept(String text) {
    requireGoingOn();
    boolean may = call(Boolean.class, "accept_string", text, false);
    accepted += may ? 1 : 0;
    return may;
  }

  /** Tells whether a stop token was taken. */
  public boolean isTerminated() {
    requireUsable();
    return terminated;
  }

  /** Tells whether the text so far is a complete reply; it may be able to go on. */
  public boolean isComplete() {
    requireUsable();
    return terminated || call(Boolean.class, "is_completed");
  }

  /** Returns how many tokens and texts were taken and not taken back. */
  public int acceptedCount() {
    requireUsable();
    return accepted;
  }

  /**
   * Takes back the last tokens and texts; a reply that has ended goes on.
   *
   * @throws IllegalArgumentException if there are not so many
   */
  public void rollback(int tokens) {
    requireUsable();
    if (tokens < 0 || tokens > accepted) {
      throw new IllegalArgumentException(
          "cannot take back " + tokens + " of " + accepted + " tokens");
    }
    if (tokens > 0) {
      run("rollback", (long) tokens);
      accepted -= tokens;
      terminated = false;
    }
  }

  /** Goes back to the start of a reply. */
  public void reset() {
    requireUsable();
    run("reset");
    accepted = 0;
    terminated = false;
  }

  /**
   * Returns the text that must come next, whatever token is drawn; empty if there is a choice. It
   * is not taken yet.
   *
   * @throws IllegalStateException if the reply has ended
   */
  public String forcedText() {
    requireGoingOn();
    return call(String.class, "find_jump_forward_string");
  }

  /** Gives the memory back. Further closes do nothing. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    requireUsable();
    closed = true;
    fill.close();
    acceptToken.close();
    matcher.close();
  }

  private void requireGoingOn() {
    requireUsable();
    if (terminated) {
      throw new IllegalStateException("the reply has ended; nothing comes next");
    }
  }

  private void requireUsable() {
    if (Thread.currentThread() != owner) {
      throw new WrongThreadException(
          "made by " + owner.getName() + ", used by " + Thread.currentThread().getName());
    }
    if (closed) {
      throw new IllegalStateException("the matcher is closed");
    }
  }

  private <T> T call(Class<T> type, String name, Object... arguments) {
    try (TvmFunction function = XGrammar.matcherMethod(name)) {
      return function.callAs(type, withSelf(arguments));
    }
  }

  private void run(String name, Object... arguments) {
    try (TvmFunction function = XGrammar.matcherMethod(name)) {
      function.call(withSelf(arguments));
    }
  }

  private Object[] withSelf(Object... arguments) {
    Object[] all = new Object[arguments.length + 1];
    all[0] = matcher;
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return all;
  }

  private boolean isEmpty() {
    for (long i = 0; i < vocabulary.words(); i++) {
      if (words.getAtIndex(ValueLayout.JAVA_INT, i) != 0) {
        return false;
      }
    }
    return true;
  }
}
