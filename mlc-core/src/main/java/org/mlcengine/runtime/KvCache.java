package org.mlcengine.runtime;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
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
  private final TvmCall add = prepare("vm.builtin.kv_state_add_sequence", 2);
  private final TvmCall remove = prepare("vm.builtin.kv_state_remove_sequence", 2);
  private final TvmCall begin = prepare("vm.builtin.kv_state_begin_forward", 3);
  private final TvmCall end = prepare("vm.builtin.kv_state_end_forward", 1);
  private final ShapeArgument ids = new ShapeArgument(begin, 1);
  private final ShapeArgument lengths = new ShapeArgument(begin, 2);
  private final Map<Long, Integer> sequences = new HashMap<>();

  /** Takes ownership of the cache object. */
  KvCache(TvmObject cache, EngineLimits limits) {
    this.cache = cache;
    this.limits = limits;
    for (TvmCall call : new TvmCall[] {add, remove, begin, end}) {
      call.setObject(0, cache);
    }
  }

  private static TvmCall prepare(String function, int arguments) {
    try (TvmFunction global = TvmFunction.global(function)) {
      return global.prepare(arguments);
    }
  }

  /** Returns the cache object, which this goes on owning. */
  TvmObject object() {
    return cache;
  }

  void addSequence(long id) {
    if (id < 0 || sequences.containsKey(id)) {
      throw new IllegalArgumentException("A new sequence needs a new id of at least 0, got " + id);
    }
    if (sequences.size() == limits.maxSequences()) {
      throw new IllegalStateException("There are " + sequences.size() + " sequences already.");
    }
    add.setInt(1, id).invoke();
    sequences.put(id, 0);
  }

  void removeSequence(long id) {
    if (sequences.remove(id) == null) {
      throw new IllegalArgumentException("There is no sequence " + id);
    }
    remove.setInt(1, id).invoke();
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
    begin.invoke();
    for (int i = 0; i < size; i++) {
      sequences.merge(batch.sequenceId(i), batch.length(i), Integer::sum);
    }
  }

  /** Ends the forward pass that {@link #begin} started. */
  void end() {
    end.invoke();
  }

  private void check(ForwardBatch batch) {
    int pages = 0;
    for (int i = 0; i < batch.size(); i++) {
      Integer length = sequences.get(batch.sequenceId(i));
      if (length == null) {
        throw new IllegalArgumentException("There is no sequence " + batch.sequenceId(i));
      }
      for (int j = 0; j < i; j++) {
        if (batch.sequenceId(j) == batch.sequenceId(i)) {
          throw new IllegalArgumentException("Sequence " + batch.sequenceId(i) + " occurs twice");
        }
      }
      pages += pages(length + batch.length(i)) - pages(length);
    }
    int used = sequences.values().stream().mapToInt(this::pages).sum();
    if (used + pages > limits.pages()) {
      throw new IllegalStateException(
          "The batch needs %d KV pages; %d of %d are free."
              .formatted(pages, limits.pages() - used, limits.pages()));
    }
  }

  private int pages(int tokens) {
    return Math.ceilDiv(tokens, limits.pageSize());
  }

  @Override
  public void close() {
    for (TvmCall call : new TvmCall[] {add, remove, begin, end}) {
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
