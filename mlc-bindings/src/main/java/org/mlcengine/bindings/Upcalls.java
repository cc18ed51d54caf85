package org.mlcengine.bindings;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.mlcengine.bindings.generated.DLManagedTensor;
import org.mlcengine.bindings.generated.TVMFFIFunctionCreate$deleter;
import org.mlcengine.bindings.generated.TVMFFISafeCallType;
import org.mlcengine.bindings.generated.TvmFfi;

/**
 * The three entry points through which native code calls Java. One stub of each serves all objects:
 * {@link #HANDLES} tells them apart. Nothing may be thrown out of an entry point: that would end
 * the process.
 */
final class Upcalls {
  static final Handles HANDLES = new Handles();

  /** Calls the {@link TvmCallback} whose handle is {@code self}. */
  static final MemorySegment SAFE_CALL =
      TVMFFISafeCallType.allocate(Upcalls::safeCall, Arena.global());

  /** Drops the object whose handle is given. */
  static final MemorySegment DELETER =
      TVMFFIFunctionCreate$deleter.allocate(self -> HANDLES.remove(self.address()), Arena.global());

  /** Drops the memory behind a DLManagedTensor. */
  static final MemorySegment TENSOR_DELETER =
      DLManagedTensor.deleter.allocate(Upcalls::deleteTensor, Arena.global());

  private static final Arena TEXTS = Arena.global();
  private static final MemorySegment UNREPORTED_KIND = TEXTS.allocateFrom("InternalError");
  private static final MemorySegment UNREPORTED_MESSAGE =
      TEXTS.allocateFrom("a Java callback failed, and so did the report of its failure");

  private Upcalls() {}

  /** Makes the entry points, which needs no library. */
  static void prepare() {
    Objects.requireNonNull(TENSOR_DELETER);
  }

  private static int safeCall(
      MemorySegment self, MemorySegment args, int count, MemorySegment out) {
    try {
      run(self.address(), args.reinterpret(count * Any.SIZE), out.reinterpret(Any.SIZE));
      return 0;
    } catch (Throwable thrown) {
      try {
        raise(thrown);
      } catch (Throwable unreported) {
        TvmFfi.TVMFFIErrorSetRaisedFromCStr(UNREPORTED_KIND, UNREPORTED_MESSAGE);
      }
      return -1;
    }
  }

  private static void run(long self, MemorySegment args, MemorySegment out) throws Exception {
    if (!(HANDLES.find(self) instanceof TvmCallback callback)) {
      throw new IllegalStateException("no callback has the handle " + Long.toHexString(self));
    }
    List<@Nullable Object> arguments = new ArrayList<>();
    try {
      for (long offset = 0; offset < args.byteSize(); offset += Any.SIZE) {
        arguments.add(Any.copy(args, offset));
      }
      Object result = callback.call(Collections.unmodifiableList(arguments));
      Any.write(out, 0, result);
      if (result instanceof TvmObject object) {
        object.close();
      }
    } finally {
      for (Object argument : arguments) {
        if (argument instanceof TvmObject object) {
          object.close();
        }
      }
    }
  }

  private static void raise(Throwable thrown) {
    String kind = thrown instanceof TvmException e ? e.kind() : thrown.getClass().getName();
    String message = thrown instanceof TvmException e ? e.detail() : thrown.getMessage();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
      MemorySegment context = opaque(thrown, out);
      try {
        Native.check(
            TvmFfi.TVMFFIErrorCreateWithCauseAndExtraContext(
                Memory.byteArray(kind, arena),
                Memory.byteArray(message == null ? "" : message, arena),
                Memory.byteArray("", arena),
                MemorySegment.NULL,
                context,
                out));
      } finally {
        Native.release(context.address());
      }
      MemorySegment error = out.get(ValueLayout.ADDRESS, 0);
      TvmFfi.TVMFFIErrorSetRaised(error);
      Native.release(error.address());
    }
  }

  private static MemorySegment opaque(Object object, MemorySegment out) {
    long handle = HANDLES.add(object);
    int code =
        TvmFfi.TVMFFIObjectCreateOpaque(
            MemorySegment.ofAddress(handle), TypeIndex.OPAQUE_OBJECT, DELETER, out);
    if (code != 0) {
      HANDLES.remove(handle);
      throw TvmException.raised();
    }
    return out.get(ValueLayout.ADDRESS, 0);
  }

  private static void deleteTensor(MemorySegment tensor) {
    MemorySegment managed = tensor.reinterpret(DLManagedTensor.sizeof());
    HANDLES.remove(DLManagedTensor.manager_ctx(managed).address());
  }
}
