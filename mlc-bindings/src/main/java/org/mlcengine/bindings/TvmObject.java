package org.mlcengine.bindings;

import java.lang.ref.Reference;
import java.util.function.LongFunction;

/**
 * A reference-counted TVM object. Each Java object owns one native reference and gives it back when
 * closed; {@link #close()} may be called from any thread and any number of times. Any other use
 * after that gives an {@link IllegalStateException}.
 *
 * <p>An object that is lost without being closed is released by the garbage collector some time
 * later, with a warning.
 */
public sealed class TvmObject implements AutoCloseable
    permits TvmArray, TvmFunction, TvmModule, TvmShape, TvmTensor {
  private final Ownership ownership;

  /** Takes over a reference that the caller owns. */
  TvmObject(long handle) {
    ownership = new Ownership(handle);
    ownership.guard(this);
  }

  /** Wraps an owned reference in the class that fits its type. */
  static TvmObject adopt(int type, long handle) {
    return switch (type) {
      case TypeIndex.FUNCTION -> new TvmFunction(handle);
      case TypeIndex.MODULE -> new TvmModule(handle);
      case TypeIndex.TENSOR -> new TvmTensor(handle);
      case TypeIndex.ARRAY -> new TvmArray(handle);
      case TypeIndex.SHAPE -> new TvmShape(handle);
      default -> new TvmObject(handle);
    };
  }

  /**
   * TVM's name of the object's type, such as {@code ffi.Tensor}.
   *
   * @throws IllegalStateException if the object is closed
   */
  public final String typeKey() {
    return use(handle -> Native.typeKey(Native.typeOf(handle)));
  }

  /**
   * Makes a second Java object for the same native object, to be closed by itself.
   *
   * @throws IllegalStateException if the object is closed
   */
  public TvmObject retain() {
    long handle = retainHandle();
    return adopt(Native.typeOf(handle), handle);
  }

  /** Whether {@link #close()} was called. */
  public final boolean isClosed() {
    return ownership.isClosed();
  }

  /** Gives the reference back; the native object lives on if others refer to it. */
  @Override
  public void close() {
    ownership.close();
  }

  /** The type, and the address while open. */
  @Override
  public String toString() {
    return ownership.name();
  }

  /** Returns a new reference that the caller owns. */
  long retainHandle() {
    try {
      return ownership.retain();
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** Runs {@code action} on the object, which cannot go away meanwhile. */
  final <R> R use(LongFunction<R> action) {
    long handle = retainHandle();
    try {
      return action.apply(handle);
    } finally {
      Native.release(handle);
    }
  }

  /** Throws if the object is closed. */
  final void requireOpen() {
    if (isClosed()) {
      throw ownership.closed();
    }
  }

  private static final class Ownership extends Resource {
    private final long handle;
    private final String type;
    private boolean closed;

    Ownership(long handle) {
      this.handle = handle;
      this.type = Native.typeKey(Native.typeOf(handle));
    }

    synchronized long retain() {
      if (closed) {
        throw closed();
      }
      Native.retain(handle);
      return handle;
    }

    synchronized boolean isClosed() {
      return closed;
    }

    IllegalStateException closed() {
      return new IllegalStateException(type + " is closed");
    }

    @Override
    String name() {
      return type + "@" + Long.toHexString(handle);
    }

    @Override
    void release() {
      synchronized (this) {
        closed = true;
      }
      Native.release(handle);
    }
  }
}
