package org.mlcengine.runtime;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.mlcengine.bindings.TvmCall;
import org.mlcengine.bindings.TvmFunction;
import org.mlcengine.bindings.TvmObject;
import org.mlcengine.bindings.TvmShape;
import org.mlcengine.model.EngineLimits;

/**
 * TVM's paged KV cache with the checks that it lacks: a call that would corrupt it is refused
 * before it is made.
 */
final class KvCache implements AutoCloseable {
  private final TvmObject cache;
  private final EngineLimits limits;
  private final NativeTime time;
  private final TvmCall add = TvmFunction.prepareGlobal("vm.builtin.kv_state_add_sequence", 2);
  private final TvmCall remove =
      TvmFunction.prepareGlobal("vm.builtin.kv_state_remove_sequence", 2);
  private final TvmCall fork = TvmFunction.prepareGlobal("vm.builtin.kv_state_fork_sequence", 4);
  private final TvmCall popN = TvmFunction.prepareGlobal("vm.builtin.kv_state_popn", 3);
  private final TvmCall free =
      TvmFunction.prepareGlobal("vm.builtin.attention_kv_cache_get_num_available_pages", 1);
  private final TvmCall begin = TvmFunction.prepareGlobal("vm.builtin.kv_state_begin_forward", 3);
  private final TvmCall end = TvmFunction.prepareGlobal("vm.builtin.kv_state_end_forward", 1);
  private final ShapeArgument ids = new ShapeArgument(begin, 1);
  private final ShapeArgument lengths = new ShapeArgument(begin, 2);
  private final SequencePages sequences;

  /**
   * Takes ownership of the cache object.
   *
   * @param time measures the calls of a forward pass
   */
  KvCache(TvmObject cache, EngineLimits limits, NativeTime time) {
    this.cache = cache;
    this.limits = limits;
    this.time = time;
    this.sequences = new SequencePages(limits.pageSize());
    for (TvmCall call : calls()) {
      call.setObject(0, cache);
    }
  }

  private TvmCall[] calls() {
    return new TvmCall[] {add, remove, fork, popN, free, begin, end};
  }

  /** Returns the cache object, which this goes on owning. */
  TvmObject object() {
    return cache;
  }

  void addSequence(long id) {
    checkNew(id);
    add.setInt(1, id).invoke();
    sequences.add(id, 0);
  }

  private void checkNew(long id) {
    if (id < 0 || sequences.contains(id)) {
      throw new IllegalArgumentException("A new sequence needs a new id of at least 0, got " + id);
    }
  }

  /** Adds a sequence that begins with the first {@code length} tokens of another. */
  void forkSequence(long parent, long child, int length) {
    checkNew(child);
    if (!sequences.contains(parent)) {
      throw new IllegalArgumentException("There is no sequence " + parent);
    }
    if (length < 0 || length > sequences.length(parent)) {
      throw new IllegalArgumentException(
          "Sequence %d has %d tokens; %d cannot be shared"
              .formatted(parent, sequences.length(parent), length));
    }
    // The tokens of a page that is not full are copied.
    checkFree(length % limits.pageSize() == 0 ? 0 : 1, "fork");
    fork.setInt(1, parent).setInt(2, child).setInt(3, length).invoke();
    sequences.add(child, length);
  }

  /** Drops a sequence's tokens behind the first {@code length}. */
  void truncateSequence(long id, int length) {
    if (!sequences.contains(id)) {
      throw new IllegalArgumentException("There is no sequence " + id);
    }
    int surplus = sequences.length(id) - length;
    if (length < 0 || surplus < 0) {
      throw new IllegalArgumentException(
          "Sequence %d has %d tokens and cannot be cut to %d"
              .formatted(id, sequences.length(id), length));
    }
    if (surplus > 0) {
      popN.setInt(1, id).setInt(2, surplus).invoke();
      sequences.grow(id, -surplus);
    }
  }

  /** Returns how many pages are free. Sequences may share pages, so only the cache itself knows. */
  int freePages() {
    free.invoke();
    return Math.toIntExact(free.resultLong());
  }

  void removeSequence(long id) {
    if (!sequences.remove(id)) {
      throw new IllegalArgumentException("There is no sequence " + id);
    }
    remove.setInt(1, id).invoke();
  }

  /** Checks that a sequence is there and has so many tokens. */
  void requireTokens(long id, int count) {
    if (!sequences.contains(id) || sequences.length(id) < count) {
      throw new IllegalArgumentException(
          "There is no sequence %d with %d tokens".formatted(id, count));
    }
  }

  /** Returns whether a sequence of the batch has tokens already. */
  boolean hasHistory(ForwardBatch batch) {
    for (int i = 0; i < batch.size(); i++) {
      long id = batch.sequenceId(i);
      if (sequences.contains(id) && sequences.length(id) > 0) {
        return true;
      }
    }
    return false;
  }

  /** Prepares the cache for a forward pass that appends the batch's tokens. */
  void begin(ForwardBatch batch) {
    check(batch);
    int size = batch.size();
    for (int i = 0; i < size; i++) {
      ids.set(i, batch.sequenceId(i));
      lengths.set(i, batch.length(i));
    }
    ids.pass(size);
    lengths.pass(size);
    time.invoke(begin);
    for (int i = 0; i < size; i++) {
      sequences.grow(batch.sequenceId(i), batch.length(i));
    }
  }

  /** Returns what measures the calls of a forward pass. */
  NativeTime time() {
    return time;
  }

  /** Ends the forward pass that {@link #begin} started. */
  void end() {
    time.invoke(end);
  }

  private void check(ForwardBatch batch) {
    int pages = 0;
    for (int i = 0; i < batch.size(); i++) {
      long id = batch.sequenceId(i);
      if (!sequences.contains(id)) {
        throw new IllegalArgumentException("There is no sequence " + id);
      }
      for (int j = 0; j < i; j++) {
        if (batch.sequenceId(j) == id) {
          throw new IllegalArgumentException("Sequence " + id + " occurs twice");
        }
      }
      pages += sequences.needed(id, batch.length(i));
    }
    checkFree(pages, "batch");
  }

  private void checkFree(int pages, String what) {
    int available = freePages();
    if (pages > available) {
      throw new IllegalStateException(
          "The %s needs %d KV pages; %d of %d are free."
              .formatted(what, pages, available, limits.pages()));
    }
  }

  @Override
  public void close() {
    for (TvmCall call : calls()) {
      call.close();
    }
    ids.close();
    lengths.close();
    cache.close();
  }

  /** A Shape argument of a prepared call, made anew only when its values change. */
  static final class ShapeArgument implements AutoCloseable {
    private final TvmCall call;
    private final int argument;
    private long[] values = new long[4];
    private long[] passed = {};
    private @Nullable TvmShape shape;

    ShapeArgument(TvmCall call, int argument) {
      this.call = call;
      this.argument = argument;
    }

    void set(int index, long value) {
      if (index == values.length) {
        values = Arrays.copyOf(values, index * 2);
      }
      values[index] = value;
    }

    /** Passes the first {@code size} values. */
    void pass(int size) {
      if (shape != null && Arrays.equals(passed, 0, passed.length, values, 0, size)) {
        return;
      }
      close();
      passed = Arrays.copyOf(values, size);
      shape = TvmShape.of(passed);
      call.setObject(argument, shape);
    }

    @Override
    public void close() {
      if (shape != null) {
        shape.close();
        shape = null;
      }
    }
  }
}
