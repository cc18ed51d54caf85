package org.mlcengine.bindings;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.mlcengine.bindings.generated.TVMFFIObject;

/**
 * A look at the tensor that a {@link TvmCall} returned, which the call goes on owning. A view is
 * made once and bound again after each invocation.
 *
 * <p>A view, and each segment from {@link #data()}, is valid until the call is invoked again,
 * closed, or gives its result away. The view then gives an {@link IllegalStateException}; a segment
 * must not be used any more, since its memory may be gone. Where that cannot be ensured, take the
 * result as a {@link TvmTensor}.
 */
public final class TvmTensorView {
  private static final long DESCRIPTOR = TVMFFIObject.sizeof();

  private @Nullable TvmCall call;
  private long invocation;

  /** The descriptor as it was when the view was bound, so that nothing stale is ever read. */
  private DataType type = DataType.FLOAT32;

  private int rank;
  private long[] shape = new long[8];
  private long address;
  private long bytes;

  /** The segments of the last two addresses: results often alternate between two. */
  private MemorySegment current = MemorySegment.NULL;

  private MemorySegment previous = MemorySegment.NULL;

  /**
   * Binds the view to a call's result, a tensor. Allocates nothing while the type stays the same.
   *
   * @return this
   * @throws TvmException of kind TypeError if the result is something else
   * @throws IllegalStateException if the tensor does not lie in the CPU's memory or has gaps
   */
  public TvmTensorView bind(TvmCall source) {
    return bindTo(source, source.resultHandle(TypeIndex.TENSOR));
  }

  /**
   * Binds the view to an element, a tensor, of a call's result, an array. Allocates nothing while
   * the type stays the same.
   *
   * @return this
   * @throws TvmException of kind TypeError if either is something else
   * @throws IndexOutOfBoundsException if there is no such element
   * @throws IllegalStateException if the tensor does not lie in the CPU's memory or has gaps
   */
  public TvmTensorView bindElement(TvmCall source, int index) {
    long element = TvmArray.element(source.resultHandle(TypeIndex.ARRAY), index);
    int type = Any.type(Memory.ALL, element);
    if (type != TypeIndex.TENSOR) {
      throw Any.unexpected(TypeIndex.name(TypeIndex.TENSOR), type);
    }
    return bindTo(source, Any.payload(Memory.ALL, element));
  }

  /** The type of the elements. */
  public DataType dataType() {
    requireBound();
    return type;
  }

  /** The number of dimensions. */
  public int rank() {
    requireBound();
    return rank;
  }

  /**
   * One dimension; axis 0 is the outermost. Allocates nothing.
   *
   * @throws IndexOutOfBoundsException if there is no such axis
   */
  public long dimension(int axis) {
    requireBound();
    return shape[Objects.checkIndex(axis, rank)];
  }

  /** The dimensions, outermost first. */
  public long[] shape() {
    requireBound();
    return Arrays.copyOf(shape, rank);
  }

  /**
   * The elements in place, in row-major order. Allocates nothing if one of the last two results lay
   * at the same place with the same size.
   *
   * @throws IllegalStateException if the view is not bound to the call's current result
   */
  public MemorySegment data() {
    requireBound();
    if (current.address() != address || current.byteSize() != bytes) {
      MemorySegment last = current;
      boolean back = previous.address() == address && previous.byteSize() == bytes;
      current = back ? previous : MemorySegment.ofAddress(address).reinterpret(bytes);
      previous = last;
    }
    return current;
  }

  private TvmTensorView bindTo(TvmCall source, long handle) {
    long tensor = handle + DESCRIPTOR;
    try {
      TensorLayout.requireReadable(tensor);
      if (!TensorLayout.hasType(tensor, type)) {
        type = TensorLayout.type(tensor);
      }
      rank = TensorLayout.rank(tensor);
      if (rank > shape.length) {
        shape = new long[rank];
      }
      for (int axis = 0; axis < rank; axis++) {
        shape[axis] = TensorLayout.dimension(tensor, axis);
      }
      address = TensorLayout.data(tensor);
      bytes = TensorLayout.bytes(tensor);
      call = source;
      invocation = source.invocations();
      return this;
    } finally {
      Reference.reachabilityFence(source);
    }
  }

  private void requireBound() {
    if (call == null) {
      throw new IllegalStateException("the view is not bound to a result");
    }
    call.requireUsable();
    if (call.invocations() != invocation) {
      throw new IllegalStateException("the call has moved on; bind the view to its new result");
    }
  }
}
