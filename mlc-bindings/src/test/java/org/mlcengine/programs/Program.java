package org.mlcengine.programs;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.mlcengine.bindings.DataType;
import org.mlcengine.bindings.Device;
import org.mlcengine.bindings.TvmException;
import org.mlcengine.bindings.TvmFunction;
import org.mlcengine.bindings.TvmLoadException;
import org.mlcengine.bindings.TvmModule;
import org.mlcengine.bindings.TvmRuntime;
import org.mlcengine.bindings.TvmShape;
import org.mlcengine.bindings.TvmTensor;

/**
 * What must be tried in a JVM of its own: {@code Program NAME LIBRARY...}. It uses the public types
 * only, and tells what happened on the standard output.
 */
public final class Program {
  private static final List<Object> KEPT = new ArrayList<>();

  private Program() {}

  /** Runs the program named by the first argument. */
  public static void main(String[] arguments) throws Exception {
    List<Path> libraries = Arrays.stream(arguments).skip(1).map(Path::of).toList();
    switch (arguments[0]) {
      case "signals" -> surviveSignals(libraries);
      case "order" -> loadInOrder(libraries);
      case "threads" -> loadFromManyThreads(libraries);
      case "forget" -> forgetToClose(libraries);
      case "kernel" -> failInKernel(libraries);
      case "call" -> call(libraries);
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  private static void surviveSignals(List<Path> libraries) {
    TvmRuntime.load(libraries);
    TvmRuntime.load(libraries);
    say("null checks " + failedNullChecks(100));
    try {
      say("depth " + depth(1));
    } catch (StackOverflowError expected) {
      say("stack overflow");
    }
    try {
      while (true) {
        KEPT.add(new long[1 << 20]);
      }
    } catch (OutOfMemoryError expected) {
      KEPT.clear();
      say("out of memory");
    }
    try (TvmShape shape = TvmShape.of(1, 2)) {
      say("shape " + shape);
    }
  }

  /** Follows null references in code that is called often enough to be compiled. */
  private static int failedNullChecks(int count) {
    Node good = new Node(1, new Node(2, null));
    Node bad = new Node(3, null);
    int failed = 0;
    for (int i = 0; i < count; i++) {
      for (int k = 0; k < 20_000; k++) {
        sum(good);
      }
      try {
        sum(bad);
      } catch (NullPointerException expected) {
        failed++;
      }
    }
    return failed;
  }

  @SuppressWarnings("NullAway") // The null is the point.
  private static int sum(Node node) {
    return node.value + node.next.value;
  }

  private static int depth(int n) {
    return n == 0 ? 0 : 1 + depth(n + 1);
  }

  private static void loadInOrder(List<Path> libraries) {
    try {
      TvmShape.of(1).close();
    } catch (IllegalStateException expected) {
      say("not loaded");
    }
    try {
      TvmRuntime.load(List.of(Path.of(System.getProperty("wrong.library"))));
    } catch (TvmLoadException expected) {
      say(String.valueOf(expected.getMessage()));
    }
    TvmRuntime.load(libraries);
    try (TvmShape shape = TvmShape.of(3)) {
      say("shape " + shape);
    }
  }

  private static void loadFromManyThreads(List<Path> libraries) throws Exception {
    try (ExecutorService executor = Executors.newFixedThreadPool(8)) {
      Callable<String> load =
          () -> {
            TvmRuntime.load(libraries);
            try (TvmShape shape = TvmShape.of(4)) {
              return shape.toString();
            }
          };
      List<String> results = new ArrayList<>();
      for (Future<String> result : executor.invokeAll(Collections.nCopies(8, load))) {
        results.add(result.get());
      }
      say(results.toString());
    }
  }

  /** Leaves objects of every kind behind, one of them in native hands only. */
  private static void forgetToClose(List<Path> libraries) {
    call(libraries);
    TvmTensor tensor = TvmTensor.allocate(DataType.FLOAT32, Device.CPU, 1000);
    tensor.data().fill((byte) 1);
    TvmFunction callback = TvmFunction.of(arguments -> tensor.shape()[0]);
    KEPT.add(callback.prepare(0));
    KEPT.add(TvmTensor.wrap(Arena.global().allocate(4), DataType.INT32, 1));
    callback.close();
    say("main returns");
  }

  private static void failInKernel(List<Path> libraries) {
    TvmRuntime.load(libraries);
    try (TvmModule module = TvmModule.load(Path.of(System.getProperty("kernel.library")));
        TvmFunction kernel = module.function("check")) {
      kernel.call("not a tensor");
    } catch (TvmException expected) {
      say(String.valueOf(expected.getMessage()));
    }
  }

  private static void call(List<Path> libraries) {
    TvmRuntime.load(libraries);
    try (Arena arena = Arena.ofConfined();
        TvmFunction copy = TvmFunction.global("runtime.TVMTensorCopyFromTo")) {
      MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_INT, 1, 2, 3);
      try (TvmTensor source = TvmTensor.wrap(memory, DataType.INT32, 3);
          TvmTensor target = TvmTensor.allocate(DataType.INT32, Device.CPU, 3)) {
        copy.call(source, target);
        say("copied " + Arrays.toString(target.data().toArray(ValueLayout.JAVA_INT)));
      }
    }
  }

  private static void say(String text) {
    System.out.println(text);
  }

  private static final class Node {
    private final int value;
    private final @Nullable Node next;

    Node(int value, @Nullable Node next) {
      this.value = value;
      this.next = next;
    }
  }
}
