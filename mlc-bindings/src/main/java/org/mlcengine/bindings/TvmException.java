package org.mlcengine.bindings;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;
import org.mlcengine.bindings.generated.TVMFFIErrorCell;
import org.mlcengine.bindings.generated.TVMFFIObject;
import org.mlcengine.bindings.generated.TVMFFIOpaqueObjectCell;
import org.mlcengine.bindings.generated.TvmFfi;

/**
 * An error that a TVM function raised. If a Java callback raised it, {@link #getCause()} is what
 * the callback threw.
 */
public final class TvmException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String kind;
  private final String detail;
  private final String backtrace;

  TvmException(String kind, String detail, String backtrace, @Nullable Throwable cause) {
    super(kind + ": " + detail, cause);
    this.kind = kind;
    this.detail = detail;
    this.backtrace = backtrace;
  }

  /** TVM's name of the kind of error, such as {@code ValueError}. */
  public String kind() {
    return kind;
  }

  /** The message without the kind. */
  public String detail() {
    return detail;
  }

  /** The native frames, innermost first, one a line; empty if TVM recorded none. */
  public String backtrace() {
    return backtrace;
  }

  /** Takes the error that the last call left in this thread's slot. */
  static TvmException raised() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
      TvmFfi.TVMFFIErrorMoveFromRaised(out);
      long error = out.get(ValueLayout.JAVA_LONG, 0);
      if (error == 0) {
        return new TvmException("InternalError", "the call failed and gave no reason", "", null);
      }
      try {
        return read(error + TVMFFIObject.sizeof());
      } finally {
        Native.release(error);
      }
    }
  }

  private static TvmException read(long cell) {
    return new TvmException(
        Memory.text(cell + TVMFFIErrorCell.kind$offset()),
        Memory.text(cell + TVMFFIErrorCell.message$offset()),
        Memory.text(cell + TVMFFIErrorCell.backtrace$offset()),
        javaCause(Memory.getLong(cell + TVMFFIErrorCell.extra_context$offset())));
  }

  private static @Nullable Throwable javaCause(long context) {
    if (context == 0 || Native.typeOf(context) != TypeIndex.OPAQUE_OBJECT) {
      return null;
    }
    long content = context + TVMFFIObject.sizeof() + TVMFFIOpaqueObjectCell.handle$offset();
    return Upcalls.HANDLES.find(Memory.getLong(content)) instanceof Throwable thrown
        ? thrown
        : null;
  }
}
