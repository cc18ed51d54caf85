package org.mlcengine.bindings;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mlcengine.bindings.generated.TvmFfi;

/** A function that TVM, a model library or Java provides. */
public final class TvmFunction extends TvmObject {
  /** What a type's constructor is called among its methods. */
  public static final String CONSTRUCTOR = "__ffi_init__";

  TvmFunction(long handle) {
    super(handle);
  }

  /**
   * Returns the global function of that name.
   *
   * @throws NoSuchElementException if no loaded library registers it
   */
  public static TvmFunction global(String name) {
    return findGlobal(name).orElseThrow(() -> missing(name));
  }

  /** Returns the global function of that name, if a loaded library registers it. */
  public static Optional<TvmFunction> findGlobal(String name) {
    return Native.findFunction(name).map(TvmFunction::new);
  }

  /**
   * Prepares calls of a global function, see {@link #prepare}.
   *
   * @throws NoSuchElementException if no loaded library registers it
   */
  public static TvmCall prepareGlobal(String name, int arguments) {
    try (TvmFunction function = global(name)) {
      return function.prepare(arguments);
    }
  }

  /**
   * Returns a method of a type of objects. A method of an object takes the object as its first
   * argument.
   *
   * @param typeKey TVM's name of the type; see {@link #typeKey()}
   * @throws NoSuchElementException if no loaded library registers it
   */
  public static TvmFunction method(String typeKey, String name) {
    return Native.findMethod(typeKey, name)
        .map(TvmFunction::new)
        .orElseThrow(() -> missing(typeKey + "." + name));
  }

  /** Makes a TVM function that calls Java. It lives until Java and native code have dropped it. */
  public static TvmFunction of(TvmCallback callback) {
    TvmRuntime.requireLoaded();
    long handle = Upcalls.HANDLES.add(callback);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
      Native.check(
          TvmFfi.TVMFFIFunctionCreate(
              MemorySegment.ofAddress(handle), Upcalls.SAFE_CALL, Upcalls.DELETER, out));
      return new TvmFunction(out.get(ValueLayout.JAVA_LONG, 0));
    }
  }

  /**
   * Calls the function.
   *
   * @param arguments Long, Integer, Double, Float, Boolean, String, byte[], {@link DataType},
   *     {@link Device}, {@link MemorySegment} (passed as a plain pointer), {@link TvmTensorBuffer},
   *     {@link TvmObject} or null
   * @return Long, Double, Boolean, String, byte[], {@link DataType}, {@link Device}, a zero-length
   *     {@link MemorySegment}, null, or a {@link TvmObject} for the caller to close
   * @throws TvmException if the function raises an error
   * @throws IllegalStateException if the function or an argument is closed
   */
  public @Nullable Object call(@Nullable Object... arguments) {
    try (TvmCall call = prepare(arguments.length)) {
      for (int i = 0; i < arguments.length; i++) {
        call.set(i, arguments[i]);
      }
      call.invoke();
      return call.result();
    }
  }

  /**
   * Calls the function as {@link #call} does, for a result of one class.
   *
   * @throws TvmException if the function raises an error, or of kind TypeError if the result is of
   *     another class
   */
  public <T> T callAs(Class<T> type, @Nullable Object... arguments) {
    return Any.cast(type, call(arguments));
  }

  /**
   * Prepares calls with {@code arguments} arguments by the current thread.
   *
   * @throws IllegalStateException if the function is closed
   */
  public TvmCall prepare(int arguments) {
    return use(handle -> new TvmCall(handle, arguments));
  }

  @Override
  public TvmFunction retain() {
    return (TvmFunction) super.retain();
  }

  static NoSuchElementException missing(String name) {
    return new NoSuchElementException(
        "no function \"" + name + "\" in the loaded libraries: " + TvmRuntime.loadedNames());
  }
}
