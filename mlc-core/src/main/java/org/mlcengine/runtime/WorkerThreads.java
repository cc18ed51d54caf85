package org.mlcengine.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.mlcengine.bindings.TvmArray;
import org.mlcengine.bindings.TvmFunction;
import org.mlcengine.model.LibraryKernels;
import org.mlcengine.natives.CpuKernels;

/** The pool of workers that each thread has that runs kernels: the natives' own, or TVM's. */
final class WorkerThreads {
  /** TVM's kSpecifyThreadShareAllCore: each worker may run on any of the given processors. */
  private static final int SHARE_PROCESSORS = -3;

  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String ALLOWED = "Cpus_allowed_list:";
  private static final System.Logger LOGGER = System.getLogger(WorkerThreads.class.getName());

  private WorkerThreads() {}

  /**
   * Sizes the calling thread's pool for a library. TVM's pool is left alone where the library calls
   * the natives' kernels: its workers take processors from them for a second before they sleep.
   *
   * @return how many threads a kernel will use
   */
  static int use(int threads, Optional<LibraryKernels> kernels) {
    if (kernels.isPresent() && kernels.get().areNative()) {
      CpuKernels.useThreads(threads);
      return threads;
    }
    return use(threads);
  }

  /**
   * Sizes the calling thread's pool of TVM's workers. TVM takes no more workers than the processors
   * it is given, and by itself only half of an x86 machine's; so it is given all that this process
   * may use.
   *
   * @return how many threads a kernel will use
   */
  static int use(int threads) {
    List<Integer> processors = new ArrayList<>(allowed());
    for (int i = 0; processors.size() < threads; i++) {
      processors.add(processors.get(i));
    }
    Object[] names = processors.stream().map(String::valueOf).toArray();
    try (TvmFunction configure = TvmFunction.global("runtime.config_threadpool");
        TvmFunction count = TvmFunction.global("runtime.NumThreads");
        TvmArray list = TvmArray.of(names)) {
      configure.call(SHARE_PROCESSORS, threads, list);
      int used = Math.toIntExact(count.callAs(Long.class));
      if (used != threads) {
        LOGGER.log(
            System.Logger.Level.WARNING,
            "TVM uses {0} threads where {1} were asked for",
            used,
            threads);
      }
      return used;
    }
  }

  private static List<Integer> allowed() {
    try {
      if (Files.isReadable(STATUS)) {
        for (String line : Files.readAllLines(STATUS)) {
          if (line.startsWith(ALLOWED)) {
            return parse(line.substring(ALLOWED.length()));
          }
        }
      }
    } catch (IOException | NumberFormatException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "Cannot read " + STATUS, e);
    }
    return IntStream.range(0, Runtime.getRuntime().availableProcessors()).boxed().toList();
  }

  /** Reads a list as the Linux kernel writes it, for instance {@code 0-3,8}. */
  static List<Integer> parse(String list) {
    List<Integer> processors = new ArrayList<>();
    for (String part : list.strip().split(",")) {
      String[] ends = part.split("-", 2);
      int first = Integer.parseInt(ends[0]);
      int last = Integer.parseInt(ends[ends.length - 1]);
      IntStream.rangeClosed(first, last).forEach(processors::add);
    }
    return processors;
  }
}
