package org.mlcengine.bindings;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.mlcengine.bindings.generated.TVMFFIObject;
import org.mlcengine.bindings.generated.TVMFFIShapeCell;

/** A list of integers: the dimensions of a tensor, ids or lengths. */
public final class TvmShape extends TvmObject {
  private static final long CELL = TVMFFIObject.sizeof();

  TvmShape(long handle) {
    super(handle);
  }

  /** Makes a shape of these values. */
  public static TvmShape of(long... values) {
    try (TvmCall call = Native.prepare("ffi.Shape", values.length)) {
      for (int i = 0; i < values.length; i++) {
        call.setInt(i, values[i]);
      }
      call.invoke();
      return call.result(TvmShape.class);
    }
  }

  /**
   * Returns the values.
   *
   * @throws IllegalStateException if the shape is closed
   */
  public long[] toArray() {
    return use(
        handle -> {
          long size = Memory.getLong(handle + CELL + TVMFFIShapeCell.size$offset());
          long data = Memory.getLong(handle + CELL + TVMFFIShapeCell.data$offset());
          long[] values = new long[Math.toIntExact(size)];
          MemorySegment.copy(Memory.ALL, ValueLayout.JAVA_LONG, data, values, 0, values.length);
          return values;
        });
  }

  @Override
  public TvmShape retain() {
    return (TvmShape) super.retain();
  }

  @Override
  public String toString() {
    return isClosed() ? super.toString() : Arrays.toString(toArray());
  }
}
