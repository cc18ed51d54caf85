package org.mlcengine.bindings;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.mlcengine.bindings.generated.TvmFfi;

/**
 * A function with its arguments laid out in native memory, to be invoked many times. Arguments keep
 * their values from one {@link #invoke()} to the next; those never set are None. {@link #invoke()}
 * allocates nothing on the Java heap.
 *
 * <p>The call owns a native reference to the function, to each argument object and to the result,
 * until the argument is replaced, the next invocation, or {@link #close()}.
 *
 * <p>Only the thread that prepared a call may use it; other threads get a {@link
 * WrongThreadException}, and a closed call gives an {@link IllegalStateException}.
 */
public final class TvmCall implements AutoCloseable {
  private final Thread owner = Thread.currentThread();
  private final Slots slots;
  private final MemorySegment function;
  private final MemorySegment arguments;
  private final MemorySegment result;
  private final int count;

  /** What to look at again before each invocation, by argument. */
  private final @Nullable Object[] sources;

  private long invocations;

  /** Runs, or lends its result to a call that runs. */
  private boolean busy;

  private boolean closed;

  /** Adds a reference of its own to {@code function}. */
  TvmCall(long function, int count) {
    MemorySegment memory = Arena.ofAuto().allocate((count + 1) * Any.SIZE, Long.BYTES);
    this.function = MemorySegment.ofAddress(function);
    this.count = count;
    arguments = memory.asSlice(0, count * Any.SIZE);
    result = memory.asSlice(count * Any.SIZE);
    sources = new @Nullable Object[count];
    Native.retain(function);
    slots = new Slots(function, memory);
    slots.guard(this);
  }

  /**
   * Sets argument {@code i} to any value that {@link TvmFunction#call} takes.
   *
   * @return this
   */
  public TvmCall set(int i, @Nullable Object value) {
    if (value instanceof TvmTensorBuffer buffer) {
      return setTensor(i, buffer);
    }
    Any.write(arguments, replace(i), value);
    return this;
  }

  /** Sets argument {@code i} to None. */
  public TvmCall setNull(int i) {
    replace(i);
    return this;
  }

  /** Sets argument {@code i} to an integer. Allocates nothing. */
  public TvmCall setInt(int i, long value) {
    Any.set(arguments, replace(i), TypeIndex.INT, value);
    return this;
  }

  /** Sets argument {@code i} to a floating-point number. Allocates nothing. */
  public TvmCall setDouble(int i, double value) {
    Any.set(arguments, replace(i), TypeIndex.FLOAT, Double.doubleToRawLongBits(value));
    return this;
  }

  /** Sets argument {@code i} to a boolean. Allocates nothing. */
  public TvmCall setBoolean(int i, boolean value) {
    Any.set(arguments, replace(i), TypeIndex.BOOL, value ? 1 : 0);
    return this;
  }

  /** Sets argument {@code i} to a string. */
  public TvmCall setString(int i, String value) {
    Any.writeString(arguments, replace(i), value);
    return this;
  }

  /**
   * Sets argument {@code i} to an object. The call keeps it alive even if {@code value} is closed.
   *
   * @throws IllegalStateException if {@code value} is closed
   */
  public TvmCall setObject(int i, TvmObject value) {
    Any.writeObject(arguments, replace(i), value.retainHandle());
    return this;
  }

  /** Sets argument {@code i} to a buffer, passed with the shape it has on each invocation. */
  public TvmCall setTensor(int i, TvmTensorBuffer value) {
    Any.set(arguments, replace(i), TypeIndex.DL_TENSOR_POINTER, value.descriptor());
    sources[i] = value;
    return this;
  }

  /**
   * Makes argument {@code i} the result of {@code other}: on each invocation, whatever {@code
   * other} holds then. {@code other} must stay open, and must belong to the same thread.
   *
   * @throws IllegalArgumentException if {@code other} is this call
   */
  public TvmCall setResultOf(int i, TvmCall other) {
    if (other == this) {
      throw new IllegalArgumentException("a call cannot take its own result as an argument");
    }
    other.requireUsable();
    replace(i);
    sources[i] = other;
    return this;
  }

  /**
   * Calls the function. The previous result is given back first.
   *
   * @throws TvmException if the function raises an error; the result is then None
   * @throws IllegalStateException if this call, or one whose result it takes, is closed or running
   */
  public void invoke() {
    requireUsable();
    requireSources();
    invocations++;
    Any.release(result, 0);
    lend(true);
    try {
      int code = TvmFfi.TVMFFIFunctionCall(function, arguments, count, result);
      if (code != 0) {
        Any.clear(result, 0);
        throw TvmException.raised();
      }
    } finally {
      lend(false);
      Reference.reachabilityFence(this);
    }
  }

  /** Whether the result is None. */
  public boolean isResultNull() {
    return resultType() == TypeIndex.NONE;
  }

  /**
   * The result, an integer or a boolean (0 or 1).
   *
   * @throws TvmException of kind TypeError if it is something else
   */
  public long resultLong() {
    int type = resultType();
    if (type != TypeIndex.INT && type != TypeIndex.BOOL) {
      throw Any.unexpected("int", type);
    }
    return Any.payload(result, 0);
  }

  /**
   * The result, a floating-point number or an integer.
   *
   * @throws TvmException of kind TypeError if it is something else
   */
  public double resultDouble() {
    int type = resultType();
    if (type == TypeIndex.INT) {
      return Any.payload(result, 0);
    }
    if (type != TypeIndex.FLOAT) {
      throw Any.unexpected("float", type);
    }
    return Double.longBitsToDouble(Any.payload(result, 0));
  }

  /**
   * The result, a boolean.
   *
   * @throws TvmException of kind TypeError if it is something else
   */
  public boolean resultBoolean() {
    int type = resultType();
    if (type != TypeIndex.BOOL) {
      throw Any.unexpected("bool", type);
    }
    return Any.payload(result, 0) != 0;
  }

  /**
   * The result, a string; it stays in place.
   *
   * @throws TvmException of kind TypeError if it is something else
   */
  public String resultString() {
    int type = resultType();
    if (type != TypeIndex.SMALL_STRING && type != TypeIndex.STRING) {
      throw Any.unexpected("str", type);
    }
    try {
      return new String(Any.content(result, 0), StandardCharsets.UTF_8);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** Takes the result as {@link TvmFunction#call} returns it. The result is None afterwards. */
  public @Nullable Object result() {
    requireUsable();
    invocations++;
    return Any.take(result, 0);
  }

  /**
   * Takes the result, of one class, such as {@link TvmTensor}. The result is None afterwards.
   *
   * @throws TvmException of kind TypeError if it is of another class
   */
  public <T> T result(Class<T> type) {
    return Any.cast(type, result());
  }

  /** Gives every reference back. Further closes do nothing. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    requireUsable();
    closed = true;
    slots.close();
  }

  /** Changes whenever the result does. */
  long invocations() {
    return invocations;
  }

  /** The address of the result, which must be of that type; this call goes on owning it. */
  long resultHandle(int expected) {
    int type = resultType();
    if (type != expected) {
      throw Any.unexpected(TypeIndex.name(expected), type);
    }
    return Any.payload(result, 0);
  }

  void requireUsable() {
    if (Thread.currentThread() != owner) {
      throw new WrongThreadException(
          "prepared by " + owner.getName() + ", used by " + Thread.currentThread().getName());
    }
    if (closed) {
      throw new IllegalStateException("the call is closed");
    }
    if (busy) {
      throw new IllegalStateException(
          "the call, or one that takes its result, is running: a callback must not use it");
    }
  }

  private int resultType() {
    requireUsable();
    return Any.type(result, 0);
  }

  /** Empties argument {@code i} and returns its offset. */
  private long replace(int i) {
    requireUsable();
    sources[i] = null;
    long offset = i * Any.SIZE;
    Any.release(arguments, offset);
    return offset;
  }

  private void requireSources() {
    for (int i = 0; i < count; i++) {
      if (sources[i] instanceof TvmCall other) {
        other.requireUsable();
        if (Any.type(other.result, 0) == TypeIndex.NONE) {
          throw new IllegalStateException(
              "argument " + i + " is the result of a call that has none");
        }
      }
    }
  }

  /**
   * Copies the results that are arguments into their slots for the time of an invocation. The slots
   * are empty again after it, since they do not own what they hold.
   */
  private void lend(boolean begin) {
    busy = begin;
    for (int i = 0; i < count; i++) {
      if (sources[i] instanceof TvmCall other) {
        other.busy = begin;
        if (begin) {
          MemorySegment.copy(other.result, 0, arguments, i * Any.SIZE, Any.SIZE);
        } else {
          Any.clear(arguments, i * Any.SIZE);
        }
      }
    }
  }

  private static final class Slots extends Resource {
    private final long function;
    private final MemorySegment memory;

    Slots(long function, MemorySegment memory) {
      this.function = function;
      this.memory = memory;
    }

    @Override
    String name() {
      return "A prepared call";
    }

    @Override
    void release() {
      for (long offset = 0; offset < memory.byteSize(); offset += Any.SIZE) {
        Any.release(memory, offset);
      }
      Native.release(function);
    }
  }
}
