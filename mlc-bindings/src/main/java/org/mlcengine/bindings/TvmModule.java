package org.mlcengine.bindings;

import java.nio.file.Path;
import java.util.NoSuchElementException;
import java.util.Optional;

/** A set of functions that belong together: a model library, or a machine that runs one. */
public final class TvmModule extends TvmObject {
  TvmModule(long handle) {
    super(handle);
  }

  /**
   * Loads a compiled library. Its machine code runs from then on, so that it must be trusted.
   *
   * @throws TvmException if the file is missing or is no TVM library
   */
  public static TvmModule load(Path library) {
    try (TvmCall call = Native.prepare("ffi.ModuleLoadFromFile", 1)) {
      call.setString(0, library.toAbsolutePath().toString()).invoke();
      return call.result(TvmModule.class);
    }
  }

  /**
   * Returns a function of this module or of those it imports.
   *
   * @throws IllegalStateException if the module is closed
   */
  public Optional<TvmFunction> find(String name) {
    try (TvmCall call = Native.prepare("ffi.ModuleGetFunction", 3)) {
      call.setObject(0, this).setString(1, name).setBoolean(2, true).invoke();
      return call.isResultNull() ? Optional.empty() : Optional.of(call.result(TvmFunction.class));
    }
  }

  /**
   * Returns a function of this module or of those it imports.
   *
   * @throws NoSuchElementException if there is none of that name
   * @throws IllegalStateException if the module is closed
   */
  public TvmFunction function(String name) {
    return find(name)
        .orElseThrow(
            () ->
                new NoSuchElementException(
                    "no function \"" + name + "\" in this module of kind " + kind()));
  }

  /**
   * What kind of module it is, such as {@code relax.VMExecutable}.
   *
   * @throws IllegalStateException if the module is closed
   */
  public String kind() {
    try (TvmCall call = Native.prepare("ffi.ModuleGetKind", 1)) {
      call.setObject(0, this).invoke();
      return call.resultString();
    }
  }

  @Override
  public TvmModule retain() {
    return (TvmModule) super.retain();
  }
}
