package org.mlcengine;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.mlcengine.bindings.TvmRuntime;
import org.mlcengine.errors.MLCException;
import org.mlcengine.protocol.ChatCompletionCreateParams;

/** What {@link EngineProcessTest} runs in a process of its own. */
final class EngineProgram {
  private EngineProgram() {}

  /**
   * Runs one of {@code quiet}: open, generate, close; {@code forget}: the same without closing;
   * {@code rounds}: twenty times, with a line "memory threads objects" after each, once the
   * threads, which linger a moment, have ended; {@code scarce}: prints what is thrown where the
   * system refuses the memory for the weights, or for a large KV cache, and opens the engine again
   * after each.
   */
  public static void main(String[] arguments) throws Throwable {
    switch (arguments[0]) {
      case "quiet" -> round();
      case "forget" -> generate(open());
      case "rounds" -> rounds();
      case "scarce" -> scarce();
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  private static void rounds() throws Exception {
    for (int i = 0; i < 20; i++) {
      round();
      long left = engineThreads();
      for (int wait = 0; left > 0 && wait < 300; wait++) {
        Thread.sleep(100);
        left = engineThreads();
      }
      System.gc();
      System.out.println(
          ProcessWatch.kibibytes("VmRSS:") + " " + left + " " + TvmRuntime.liveCount());
    }
  }

  private static void scarce() throws Throwable {
    round();
    for (long left : new long[] {90, 700, 90, 700}) {
      limitAddressSpace((ProcessWatch.kibibytes("VmSize:") << 10) + (left << 20));
      try (MLCEngine engine = builder().maxTotalSequenceLength(100_000).build()) {
        System.out.println("opened with " + engine.info().cacheBytes() + " bytes");
      } catch (MLCException e) {
        System.out.println(e.getClass().getSimpleName() + ": " + e.getMessage());
      }
      limitAddressSpace(-1);
      round();
    }
    System.out.println("native objects: " + TvmRuntime.liveCount());
  }

  /** Calls {@code setrlimit(RLIMIT_AS)} of Linux; -1 is no limit. */
  private static void limitAddressSpace(long bytes) throws Throwable {
    Linker linker = Linker.nativeLinker();
    MethodHandle setrlimit =
        linker.downcallHandle(
            linker.defaultLookup().find("setrlimit").orElseThrow(),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      int addressSpace = 9;
      MemorySegment limits = arena.allocateFrom(ValueLayout.JAVA_LONG, bytes, -1);
      if ((int) setrlimit.invokeExact(addressSpace, limits) != 0) {
        throw new IllegalStateException("setrlimit failed");
      }
    }
  }

  private static void round() {
    try (MLCEngine engine = open()) {
      generate(engine);
    }
  }

  private static MLCEngine open() {
    return builder().build();
  }

  private static MLCEngine.Builder builder() {
    return MLCEngine.builder()
        .model(TestModel.folder())
        .contextWindowSize(512)
        .maxTotalSequenceLength(512)
        .threads(2);
  }

  private static void generate(MLCEngine engine) {
    var request = ChatCompletionCreateParams.builder().addUserMessage("Hello").maxTokens(8);
    engine.chat().completions().create(request.build());
  }

  /** Counts the engines' threads: Java's, and the workers of TVM, which inherit the name. */
  private static long engineThreads() throws IOException {
    long count = 0;
    try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
      for (Path task : (Iterable<Path>) tasks::iterator) {
        count += name(task).startsWith("mlc-engine") ? 1 : 0;
      }
    }
    return count;
  }

  private static String name(Path task) throws IOException {
    try {
      return Files.readString(task.resolve("comm"));
    } catch (IOException e) {
      if (Files.exists(task)) {
        throw e;
      }
      return "ended";
    }
  }
}
