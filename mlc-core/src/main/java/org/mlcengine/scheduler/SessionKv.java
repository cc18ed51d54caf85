package org.mlcengine.scheduler;

import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.EngineFailedException;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.errors.QueueFullException;
import org.mlcengine.runtime.KvStore;

/**
 * What the KV cache of one model keeps of one conversation. Sequences on its {@linkplain #terms
 * terms} share their beginnings with each other alone. Callable from any thread.
 */
public final class SessionKv {
  /** Below the priority of whatever somebody waits for. */
  private static final int LOWEST = Integer.MIN_VALUE;

  private final Scheduler scheduler;
  private final KvPin pin = new KvPin();
  private @Nullable Computation idle;

  /** Creates an empty one. */
  public SessionKv(Scheduler scheduler) {
    this.scheduler = scheduler;
  }

  /** Returns whether it belongs to a scheduler. */
  public boolean isOf(Scheduler other) {
    return scheduler == other;
  }

  /** Returns the terms of a sequence whose prompt is the conversation. */
  public Terms terms(int priority, String caller, Optional<Duration> timeout) {
    return new Terms(priority, caller, pin.key(), timeout, pin);
  }

  /** Returns how many of the conversation's tokens the cache holds, in whole blocks. */
  public int length() {
    return pin.length();
  }

  /**
   * Computes a conversation for later, while nobody waits for the model. Replaces what was asked
   * for before.
   */
  public void computeIdle(int[] tokens) {
    int length = wholeBlocks(tokens);
    cancelIdle();
    if (length <= pin.length()) {
      return;
    }
    Computation computation = new Computation(tokens, length, LOWEST);
    synchronized (this) {
      idle = computation;
    }
    try {
      scheduler.submitIdle(computation.sequence);
    } catch (EngineClosedException | EngineFailedException e) {
      // The next turn tells the caller.
      computation.sequence.cancel();
    }
  }

  /** Ends what {@link #computeIdle} began. */
  public void cancelIdle() {
    Computation computation;
    synchronized (this) {
      computation = idle;
      idle = null;
    }
    if (computation != null) {
      computation.sequence.cancel();
      scheduler.wake();
    }
  }

  /** Waits until what {@link #computeIdle} began is computed, if that is possible now. */
  public void settle() {
    Computation computation;
    synchronized (this) {
      computation = idle;
    }
    if (computation == null || computation.computed) {
      return;
    }
    cancelIdle();
    Computation now = new Computation(computation.tokens, computation.length, 0);
    try {
      scheduler.submit(List.of(now.sequence));
      now.ended.get();
    } catch (EngineClosedException | EngineFailedException | QueueFullException e) {
      // What is there will do.
      now.sequence.cancel();
    } catch (InterruptedException e) {
      now.sequence.cancel();
      scheduler.wake();
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException("nothing completes it exceptionally", e);
    }
  }

  private static int wholeBlocks(int[] tokens) {
    return tokens.length / PrefixTree.BLOCK * PrefixTree.BLOCK;
  }

  /**
   * Returns what stands for the model in a file, see {@link KvStore#fingerprint}; empty where there
   * is no {@link #store}, or a file of the model cannot be read any more.
   */
  public Optional<String> fingerprint() {
    try {
      return store().map(KvStore::fingerprint);
    } catch (UncheckedIOException | ModelLoadException e) {
      return Optional.empty();
    }
  }

  /** Returns what copies blocks; empty where the model has none. */
  public Optional<KvStore> store() {
    return scheduler.kvStore();
  }

  /**
   * Copies a block of what is kept.
   *
   * @param from the block's first token, a multiple of {@link KvStore#BLOCK}
   * @param target as many bytes as a block of the {@link #store} has
   * @return whether it is still there
   * @throws EngineClosedException if the model is closed
   */
  public boolean read(int from, MemorySegment target) {
    return await(
        scheduler.execute(
            (model, cache) -> {
              long id = cache.pinnedId(pin, from + KvStore.BLOCK);
              if (id >= 0) {
                model.kvStore().orElseThrow().read(id, from, target);
              }
              return id >= 0;
            }));
  }

  /**
   * Adds a block to what is kept.
   *
   * @param tokens those of the conversation
   * @param from the block's first token; what is kept ends there
   * @param source what {@link #read} has copied
   * @return whether there was room, and what comes before is still there
   * @throws EngineClosedException if the model is closed
   */
  public boolean append(int[] tokens, int from, MemorySegment source) {
    return await(
        scheduler.execute(
            (model, cache) ->
                cache.append(
                    pin, tokens, from, id -> model.kvStore().orElseThrow().append(id, source))));
  }

  /** Returns the tokens that are kept. */
  public int[] tokens() {
    return await(scheduler.execute((model, cache) -> cache.pinnedTokens(pin)));
  }

  /** Frees what is kept, and keeps nothing from now on. */
  public void release() {
    pin.release();
    cancelIdle();
    try {
      scheduler.execute(
          (model, cache) -> {
            cache.release(pin);
            return true;
          });
    } catch (EngineClosedException | EngineFailedException e) {
      // It is free, or will be with the model.
      pin.length(0);
    }
  }

  private static <T> T await(CompletableFuture<T> result) {
    try {
      return result.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  /** Computes a prompt, of which no reply is wanted. */
  private final class Computation implements SequenceListener {
    private final int[] tokens;
    private final int length;
    private final Sequence sequence;
    private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
    private volatile boolean computed;

    Computation(int[] tokens, int length, int priority) {
      this.tokens = tokens;
      this.length = length;
      int[] prompt = Arrays.copyOf(tokens, length);
      sequence = new Sequence(prompt, 1, logits -> 0, this, terms(priority, "", Optional.empty()));
    }

    @Override
    public boolean onToken(int token) {
      return false;
    }

    @Override
    public void onEnd(EndReason reason, SequenceTimes times) {
      computed = reason == EndReason.STOP;
      ended.complete(null);
    }

    @Override
    public void onFailure(RuntimeException failure) {
      ended.complete(null);
    }
  }
}
