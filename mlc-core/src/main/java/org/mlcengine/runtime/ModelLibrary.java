package org.mlcengine.runtime;

import java.nio.file.Path;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mlcengine.bindings.TvmCall;
import org.mlcengine.bindings.TvmException;
import org.mlcengine.bindings.TvmFunction;
import org.mlcengine.bindings.TvmModule;
import org.mlcengine.bindings.TvmObject;
import org.mlcengine.errors.ModelLibraryMismatchException;
import org.mlcengine.natives.CpuKernels;
import org.mlcengine.natives.Natives;

/** A model library, opened on the CPU: the virtual machine that runs its functions. */
final class ModelLibrary implements AutoCloseable {
  private static final int CPU = 1;
  private static final int POOLED_ALLOCATOR = 2;

  /** How TVM's virtual machine names a function that nobody registered. */
  private static final Pattern MISSING = Pattern.compile("Cannot find \\S+ (\\S+) in ");

  private final Path file;
  private final TvmModule executable;
  private final TvmModule machine;

  private ModelLibrary(Path file, TvmModule executable, TvmModule machine) {
    this.file = file;
    this.executable = executable;
    this.machine = machine;
  }

  /**
   * Opens a library.
   *
   * @throws ModelLibraryMismatchException if it is no model library or does not suit this runtime
   */
  static ModelLibrary open(Path file) {
    TvmModule executable;
    try {
      executable = TvmModule.load(file);
    } catch (TvmException e) {
      throw mismatch(file, "cannot be loaded: " + e.getMessage(), e);
    }
    try {
      return new ModelLibrary(file, executable, start(executable));
    } catch (TvmException | NoSuchElementException e) {
      executable.close();
      Matcher missing = MISSING.matcher(String.valueOf(e.getMessage()));
      throw missing.find()
          ? missingFunction(file, missing.group(1), e)
          : mismatch(file, "is no model library for this runtime: " + e.getMessage(), e);
    }
  }

  private static TvmModule start(TvmModule executable) {
    try (TvmFunction load = executable.function("vm_load_executable");
        TvmCall call = load.prepare(0)) {
      call.invoke();
      TvmModule machine = call.result(TvmModule.class);
      try (TvmFunction initialize = machine.function("vm_initialization")) {
        initialize.call(CPU, 0, POOLED_ALLOCATOR, CPU, 0, POOLED_ALLOCATOR);
        return machine;
      } catch (TvmException | NoSuchElementException e) {
        machine.close();
        throw e;
      }
    }
  }

  /** Returns the library's description of itself, a JSON object. */
  String metadata() {
    try (TvmFunction function = machine.function("_metadata");
        TvmCall call = function.prepare(0)) {
      call.invoke();
      return call.resultString();
    } catch (TvmException | NoSuchElementException e) {
      throw mismatch(file, "does not describe itself: " + e.getMessage(), e);
    }
  }

  /** Returns whether the library has a function. */
  boolean has(String function) {
    Optional<TvmFunction> found = machine.find(function);
    found.ifPresent(TvmFunction::close);
    return found.isPresent();
  }

  /** Prepares calls of one of the library's functions. */
  TvmCall prepare(String function, int arguments) {
    try (TvmFunction found = machine.function(function)) {
      return found.prepare(arguments);
    } catch (NoSuchElementException e) {
      throw mismatch(file, "has no function " + function, e);
    }
  }

  /** Calls a function of the library that returns an object. */
  TvmObject create(String function, Object... arguments) {
    try (TvmCall call = prepare(function, arguments.length)) {
      for (int i = 0; i < arguments.length; i++) {
        call.set(i, arguments[i]);
      }
      call.invoke();
      return call.result(TvmObject.class);
    }
  }

  @Override
  public void close() {
    machine.close();
    executable.close();
  }

  private static ModelLibraryMismatchException missingFunction(
      Path file, String function, RuntimeException cause) {
    String natives =
        Natives.loaded().map(found -> found.version() + " in " + found.folder()).orElse("none");
    String kernels =
        CpuKernels.loaded()
            .map(found -> "CPU kernels of version " + found.version())
            .orElse("no CPU kernels");
    return new ModelLibraryMismatchException(
        ("The model library %s calls %s, which the natives in use (%s, with %s) do not have."
                + " Compile it again with this version's mlc compile, with --kernels tir for"
                + " natives without CPU kernels, or use natives that have it.")
            .formatted(file, function, natives, kernels),
        cause);
  }

  private static ModelLibraryMismatchException mismatch(
      Path file, String problem, RuntimeException cause) {
    return new ModelLibraryMismatchException(
        "The model library %s %s. Compile it again with this version's mlc compile."
            .formatted(file, problem),
        cause);
  }
}
