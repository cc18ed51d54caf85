package org.mlcengine.bindings;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.mlcengine.bindings.generated.TVMFFIObject;
import org.mlcengine.bindings.generated.TVMFFISeqCell;

/** An immutable list of TVM values. */
public final class TvmArray extends TvmObject {
  private static final long CELL = TVMFFIObject.sizeof();

  TvmArray(long handle) {
    super(handle);
  }

  /** Makes an array of values that {@link TvmFunction#call} takes. */
  public static TvmArray of(@Nullable Object... elements) {
    try (TvmCall call = Native.prepare("ffi.Array", elements.length)) {
      for (int i = 0; i < elements.length; i++) {
        call.set(i, elements[i]);
      }
      call.invoke();
      return call.result(TvmArray.class);
    }
  }

  /**
   * The number of elements.
   *
   * @throws IllegalStateException if the array is closed
   */
  public int size() {
    return use(TvmArray::size);
  }

  /**
   * Returns an element as {@link TvmFunction#call} returns a result; an object is for the caller to
   * close.
   *
   * @throws IndexOutOfBoundsException if there is no such element
   * @throws IllegalStateException if the array is closed
   */
  public @Nullable Object get(int index) {
    return use(handle -> Any.copy(Memory.ALL, element(handle, index)));
  }

  /**
   * Returns an element of one class; an object is for the caller to close.
   *
   * @throws TvmException of kind TypeError if the element is of another class
   * @throws IndexOutOfBoundsException if there is no such element
   * @throws IllegalStateException if the array is closed
   */
  public <T> T get(int index, Class<T> type) {
    return Any.cast(type, get(index));
  }

  @Override
  public TvmArray retain() {
    return (TvmArray) super.retain();
  }

  /** The address of an element's slot in the array at {@code handle}. */
  static long element(long handle, int index) {
    Objects.checkIndex(index, size(handle));
    return Memory.getLong(handle + CELL + TVMFFISeqCell.data$offset()) + index * Any.SIZE;
  }

  private static int size(long handle) {
    return Math.toIntExact(Memory.getLong(handle + CELL + TVMFFISeqCell.size$offset()));
  }
}
