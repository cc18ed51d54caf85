package org.mlcengine.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.WeakReference;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Natives.class)
final class TvmObjectTest {
  @Test
  void closedObjectGivesAnException() {
    TvmShape shape = TvmShape.of(1, 2);
    TvmArray array = TvmArray.of(1, 2);
    TvmFunction function = TvmFunction.global("testing.nop");
    shape.close();
    array.close();
    function.close();
    assertThatIllegalStateException().isThrownBy(shape::toArray).withMessage("ffi.Shape is closed");
    assertThatIllegalStateException().isThrownBy(shape::retain);
    assertThatIllegalStateException().isThrownBy(shape::typeKey);
    assertThatIllegalStateException().isThrownBy(array::size);
    assertThatIllegalStateException().isThrownBy(() -> array.get(0));
    assertThatIllegalStateException().isThrownBy(function::call);
    assertThatIllegalStateException().isThrownBy(() -> function.prepare(0));
    assertThat(shape.isClosed()).isTrue();
    assertThat(shape.toString()).startsWith("ffi.Shape@");
  }

  @Test
  void secondCloseDoesNothing() {
    try (TvmShape shape = TvmShape.of(1)) {
      TvmShape second = shape.retain();
      assertThat(useCount(shape)).isEqualTo(2);
      second.close();
      second.close();
      assertThat(useCount(shape)).isEqualTo(1);
      assertThat(shape.toArray()).containsExactly(1);
    }
  }

  @Test
  void concurrentClosesGiveOneReferenceBack() throws Exception {
    int threads = 4;
    try (ExecutorService executor = Executors.newFixedThreadPool(threads);
        TvmShape shape = TvmShape.of(1)) {
      for (int round = 0; round < 200; round++) {
        TvmShape second = shape.retain();
        CyclicBarrier barrier = new CyclicBarrier(threads);
        Callable<@Nullable Void> close =
            () -> {
              barrier.await();
              second.close();
              return null;
            };
        for (Future<@Nullable Void> done :
            executor.invokeAll(Collections.nCopies(threads, close))) {
          done.get();
        }
        assertThat(useCount(shape)).isEqualTo(1);
      }
    }
  }

  @Test
  void useDuringCloseWorksOrGivesAnException() throws Exception {
    try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
      for (int round = 0; round < 500; round++) {
        TvmShape shape = TvmShape.of(1, 2, 3);
        Future<@Nullable Object> reader =
            executor.submit(
                () -> {
                  while (true) {
                    try {
                      assertThat(shape.toArray()).containsExactly(1, 2, 3);
                    } catch (IllegalStateException closed) {
                      return closed.getMessage();
                    }
                  }
                });
        shape.close();
        assertThat(reader.get()).isEqualTo("ffi.Shape is closed");
      }
    }
  }

  @Test
  void tenThousandCallsLeakNothing() {
    long live = TvmRuntime.liveCount();
    int held = Upcalls.HANDLES.size();
    try (TvmTensor tensor = TvmTensor.allocate(DataType.FLOAT32, Device.CPU, 4);
        TvmFunction mixed = TvmFunction.global("testing.make_array_with_mixed");
        TvmFunction callback = TvmFunction.of(List::getFirst)) {
      for (int i = 0; i < 10_000; i++) {
        try (TvmArray array = mixed.callAs(TvmArray.class, tensor, i);
            TvmTensor element = array.get(0, TvmTensor.class);
            TvmTensor returned = callback.callAs(TvmTensor.class, element)) {
          assertThat(returned.isClosed()).isFalse();
        }
      }
      assertThat(useCount(tensor)).isEqualTo(1);
      assertThat(TvmRuntime.liveCount()).isEqualTo(live + 3);
    }
    assertThat(TvmRuntime.liveCount()).isEqualTo(live);
    assertThat(Upcalls.HANDLES.size()).isEqualTo(held);
  }

  @Test
  void lostObjectIsReleasedWithAWarning() throws InterruptedException {
    List<String> warnings = new CopyOnWriteArrayList<>();
    Logger logger = Logger.getLogger("org.mlcengine.bindings");
    Handler handler = new Recorder(warnings);
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    try (TvmShape shape = TvmShape.of(1)) {
      long live = TvmRuntime.liveCount();
      WeakReference<TvmShape> lost = new WeakReference<>(shape.retain());
      awaitRelease(shape);
      assertThat(lost.get()).isNull();
      assertThat(TvmRuntime.liveCount()).isEqualTo(live);
      assertThat(warnings).singleElement().asString().startsWith("ffi.Shape@").contains("Close it");
    } finally {
      logger.removeHandler(handler);
      logger.setUseParentHandlers(true);
    }
  }

  @Test
  void dataKeepsItsTensorReachable() throws InterruptedException {
    MemorySegment data = lostTensorData();
    for (int i = 0; i < 5; i++) {
      System.gc();
      Thread.sleep(10);
    }
    assertThat(data.scope().isAlive()).isTrue();
    assertThat(data.get(ValueLayout.JAVA_INT, 0)).isEqualTo(77);
  }

  @Test
  void typesWithoutAClassOfTheirOwnAreObjects() {
    try (TvmTensor tensor = TvmTensor.wrap(Arena.ofAuto().allocate(4), DataType.INT32, 1);
        TvmFunction makeMap = TvmFunction.global("testing.make_map_with_tensor");
        TvmFunction makeObject = TvmFunction.global("testing.make_unregistered_object");
        TvmObject map = makeMap.callAs(TvmObject.class, tensor);
        TvmObject object = makeObject.callAs(TvmObject.class)) {
      assertThat(map.typeKey()).isEqualTo("ffi.Map");
      assertThat(map.getClass()).isEqualTo(TvmObject.class);
      assertThat(object.typeKey()).isEqualTo("testing.TestUnregisteredObject");
      assertThat(useCount(object)).isEqualTo(1);
    }
  }

  private static MemorySegment lostTensorData() {
    TvmTensor tensor = TvmTensor.allocate(DataType.INT32, Device.CPU, 1);
    tensor.data().set(ValueLayout.JAVA_INT, 0, 77);
    return tensor.data();
  }

  private static void awaitRelease(TvmObject object) throws InterruptedException {
    for (int i = 0; i < 500 && useCount(object) > 1; i++) {
      System.gc();
      Thread.sleep(10);
    }
    assertThat(useCount(object)).isEqualTo(1);
  }

  /**
   * How many references exist; the one that passing the object as an argument makes is left out.
   */
  private static long useCount(TvmObject object) {
    try (TvmFunction useCount = TvmFunction.global("testing.object_use_count")) {
      return useCount.callAs(Long.class, object) - 1;
    }
  }

  private static final class Recorder extends Handler {
    private final List<String> messages;

    Recorder(List<String> messages) {
      this.messages = messages;
    }

    @Override
    public void publish(LogRecord record) {
      messages.add(new SimpleFormatter().formatMessage(record));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
