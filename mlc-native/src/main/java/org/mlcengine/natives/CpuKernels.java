package org.mlcengine.natives;

import java.util.Optional;
import org.mlcengine.bindings.TvmFunction;

/**
 * The CPU kernels among the loaded natives, which model libraries call by name.
 *
 * @param version the version of the functions' contract
 * @param isa the instruction set in use: the processor's best, or what the environment variable
 *     {@code MLC_CPU} names
 */
public record CpuKernels(int version, String isa) {
  /**
   * The kernels of this process; empty where the natives come without them, and before {@link
   * Natives#load()}.
   */
  public static Optional<CpuKernels> loaded() {
    if (Natives.loaded().isEmpty()) {
      return Optional.empty();
    }
    return TvmFunction.findGlobal("mlc.cpu.version")
        .map(
            version -> {
              try (version;
                  TvmFunction isa = TvmFunction.global("mlc.cpu.isa")) {
                return new CpuKernels(
                    Math.toIntExact(version.callAs(Long.class)), isa.callAs(String.class));
              }
            });
  }

  /**
   * Sets how many threads run the steps of the calling thread.
   *
   * @throws java.util.NoSuchElementException if there are no kernels
   */
  public static void useThreads(int threads) {
    try (TvmFunction use = TvmFunction.global("mlc.cpu.use_threads")) {
      use.call(threads);
    }
  }

  /**
   * Begins to measure the stages of every step in this process.
   *
   * @throws java.util.NoSuchElementException if there are no kernels
   */
  public static void startProfile() {
    try (TvmFunction start = TvmFunction.global("mlc.cpu.profile_start")) {
      start.call();
    }
  }

  /**
   * Ends measuring.
   *
   * @return a JSON object with an entry for each stage, by its name: how often it ran, {@code
   *     calls}, and how long it took in all, {@code ns}
   * @throws java.util.NoSuchElementException if there are no kernels
   */
  public static String stopProfile() {
    try (TvmFunction stop = TvmFunction.global("mlc.cpu.profile_stop")) {
      return stop.callAs(String.class);
    }
  }
}
