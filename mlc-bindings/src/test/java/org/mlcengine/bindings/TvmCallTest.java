package org.mlcengine.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Natives.class)
final class TvmCallTest {
  private long live;

  @BeforeEach
  void countBefore() {
    live = TvmRuntime.liveCount();
  }

  @AfterEach
  void everythingIsClosed() {
    assertThat(TvmRuntime.liveCount()).isEqualTo(live);
  }

  @Test
  void settersAndResultsOfEachKind() {
    try (TvmCall echo = prepare("testing.echo", 1)) {
      echo.setInt(0, -5).invoke();
      assertThat(echo.resultLong()).isEqualTo(-5);
      assertThat(echo.resultDouble()).isEqualTo(-5.0);
      echo.setDouble(0, 2.5).invoke();
      assertThat(echo.resultDouble()).isEqualTo(2.5);
      echo.setBoolean(0, true).invoke();
      assertThat(echo.resultBoolean()).isTrue();
      assertThat(echo.resultLong()).isEqualTo(1);
      echo.setString(0, "short").invoke();
      assertThat(echo.resultString()).isEqualTo("short").isEqualTo(echo.resultString());
      echo.setString(0, "longer than seven").invoke();
      assertThat(echo.resultString()).isEqualTo("longer than seven");
      echo.setNull(0).invoke();
      assertThat(echo.isResultNull()).isTrue();
      echo.set(0, DataType.BFLOAT16).invoke();
      assertThat(echo.result()).isEqualTo(DataType.BFLOAT16);
    }
  }

  @Test
  void argumentsKeepTheirValuesAndUnsetOnesAreNone() {
    try (TvmCall array = prepare("ffi.Array", 3)) {
      array.setString(0, "a string on the heap").setInt(2, 9);
      for (int i = 0; i < 3; i++) {
        array.invoke();
        try (TvmArray result = array.result(TvmArray.class)) {
          assertThat(result.get(0)).isEqualTo("a string on the heap");
          assertThat(result.get(1)).isNull();
          assertThat(result.get(2)).isEqualTo(9L);
        }
      }
    }
  }

  @Test
  void resultOfAnotherKindIsATypeError() {
    try (TvmCall echo = prepare("testing.echo", 1)) {
      echo.setString(0, "text").invoke();
      assertThatExceptionOfType(TvmException.class)
          .isThrownBy(echo::resultLong)
          .withMessage("TypeError: expected int, found str");
      assertThatExceptionOfType(TvmException.class)
          .isThrownBy(() -> echo.result(TvmTensor.class))
          .withMessage("TypeError: expected TvmTensor, found String");
    }
  }

  @Test
  void failedCallLeavesNoResultAndCanBeRepeated() {
    try (TvmCall addOne = prepare("testing.add_one", 1)) {
      addOne.setInt(0, 1).invoke();
      assertThat(addOne.resultLong()).isEqualTo(2);
      addOne.setString(0, "one");
      assertThatExceptionOfType(TvmException.class).isThrownBy(addOne::invoke);
      assertThat(addOne.isResultNull()).isTrue();
      addOne.setInt(0, 2).invoke();
      assertThat(addOne.resultLong()).isEqualTo(3);
    }
  }

  @Test
  void callKeepsItsArgumentsAlive() {
    TvmShape shape = TvmShape.of(4, 5);
    try (TvmCall echo = prepare("testing.echo", 1)) {
      echo.setObject(0, shape);
      shape.close();
      echo.invoke();
      try (TvmShape same = echo.result(TvmShape.class)) {
        assertThat(same.toArray()).containsExactly(4, 5);
      }
      assertThatIllegalStateException().isThrownBy(() -> echo.setObject(0, shape));
    }
  }

  @Test
  void callGivesReferencesBack() {
    try (TvmShape shape = TvmShape.of(1);
        TvmFunction useCount = TvmFunction.global("testing.object_use_count")) {
      long before = useCount.callAs(Long.class, shape);
      TvmCall echo = prepare("testing.echo", 2);
      echo.setObject(0, shape).setObject(1, shape).invoke();
      assertThat(useCount.call(shape)).isEqualTo(before + 3);
      echo.setNull(1);
      assertThat(useCount.call(shape)).isEqualTo(before + 2);
      echo.close();
      assertThat(useCount.call(shape)).isEqualTo(before);
    }
  }

  @Test
  void resultOfAnotherCallIsPassedAsItIsAtEachInvocation() {
    try (TvmCall shape = prepare("ffi.Shape", 2);
        TvmCall echo = prepare("testing.echo", 1);
        TvmFunction useCount = TvmFunction.global("testing.object_use_count")) {
      echo.setResultOf(0, shape);
      assertThatIllegalStateException().isThrownBy(echo::invoke).withMessageContaining("argument");
      for (long i = 0; i < 3; i++) {
        shape.setInt(0, i).setInt(1, 7).invoke();
        echo.invoke();
        try (TvmShape result = echo.result(TvmShape.class)) {
          assertThat(result.toArray()).containsExactly(i, 7);
          shape.setInt(0, 0).invoke();
          assertThat(useCount.call(result)).isEqualTo(2L);
        }
      }
      assertThatIllegalArgumentException().isThrownBy(() -> echo.setResultOf(0, echo));
      shape.close();
      assertThatIllegalStateException().isThrownBy(echo::invoke);
    }
  }

  @Test
  void bufferIsPassedWithItsCurrentLength() {
    TvmTensorBuffer buffer = TvmTensorBuffer.allocate(DataType.INT32, 8);
    buffer.data().copyFrom(MemorySegment.ofArray(new int[] {1, 2, 3, 4, 5, 6, 7, 8}));
    try (TvmTensor target = TvmTensor.allocate(DataType.INT32, Device.CPU, 3);
        TvmCall copy = prepare("runtime.TVMTensorCopyFromTo", 2)) {
      copy.setTensor(0, buffer).setObject(1, target);
      assertThatExceptionOfType(TvmException.class).isThrownBy(copy::invoke);
      buffer.setLength(3);
      copy.invoke();
      assertThat(target.data().toArray(ValueLayout.JAVA_INT)).containsExactly(1, 2, 3);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> buffer.setLength(9))
        .withMessageContaining("9")
        .withMessageContaining("8");
  }

  @Test
  void viewReadsTensorsInPlace() {
    TvmTensorView view = new TvmTensorView();
    assertThatIllegalStateException().isThrownBy(view::rank);
    try (TvmTensor tensor = TvmTensor.allocate(DataType.FLOAT32, Device.CPU, 2, 3);
        TvmCall echo = prepare("testing.echo", 1);
        TvmCall mixed = prepare("testing.make_array_with_mixed", 2)) {
      tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, 5, 0.25f);
      echo.setObject(0, tensor).invoke();
      view.bind(echo);
      assertThat(view.data().address()).isEqualTo(tensor.data().address());
      assertThat(view.data().byteSize()).isEqualTo(24);
      assertThat(view.shape()).containsExactly(2, 3);
      mixed.setObject(0, tensor).setInt(1, 5).invoke();
      view.bindElement(mixed, 0);
      assertThat(view.dimension(1)).isEqualTo(3);
      assertThat(view.data().getAtIndex(ValueLayout.JAVA_FLOAT, 5)).isEqualTo(0.25f);
      assertThatExceptionOfType(TvmException.class).isThrownBy(() -> view.bindElement(mixed, 1));
      assertThatExceptionOfType(IndexOutOfBoundsException.class)
          .isThrownBy(() -> view.bindElement(mixed, 3));
      mixed.invoke();
      assertThatIllegalStateException().isThrownBy(view::data).withMessageContaining("moved on");
    }
    assertThatIllegalStateException().isThrownBy(view::data);
  }

  @Test
  void otherThreadsAndClosedCallsAreRefused() throws InterruptedException {
    TvmCall echo = prepare("testing.echo", 1);
    AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
    Thread other = new Thread(echo::invoke);
    other.setUncaughtExceptionHandler((thread, e) -> thrown.set(e));
    other.start();
    other.join();
    assertThat(thrown.get()).isInstanceOf(WrongThreadException.class);
    echo.close();
    echo.close();
    assertThatIllegalStateException().isThrownBy(echo::invoke);
    assertThatIllegalStateException().isThrownBy(() -> echo.setInt(0, 1));
    assertThatIllegalStateException().isThrownBy(echo::resultLong);
  }

  @Test
  void argumentOutsideTheCallIsRefused() {
    try (TvmCall echo = prepare("testing.echo", 1)) {
      assertThatExceptionOfType(IndexOutOfBoundsException.class)
          .isThrownBy(() -> echo.setInt(1, 0));
      assertThatExceptionOfType(IndexOutOfBoundsException.class)
          .isThrownBy(() -> echo.setInt(-1, 0));
    }
  }

  @Test
  void callbackCannotUseTheCallThatRunsIt() {
    AtomicReference<@Nullable TvmCall> running = new AtomicReference<>();
    try (TvmFunction callback =
            TvmFunction.of(
                arguments -> {
                  Objects.requireNonNull(running.get()).close();
                  return null;
                });
        TvmCall call = callback.prepare(0)) {
      running.set(call);
      assertThatExceptionOfType(TvmException.class)
          .isThrownBy(call::invoke)
          .withCauseInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void preparedCallAllocatesNothing() {
    TvmTensorView view = new TvmTensorView();
    TvmTensorBuffer buffer = TvmTensorBuffer.allocate(DataType.FLOAT32, 16);
    try (TvmTensor tensor = TvmTensor.allocate(DataType.FLOAT32, Device.CPU, 16);
        TvmCall shape = prepare("ffi.Shape", 2);
        TvmCall array = prepare("ffi.Array", 4)) {
      array.setObject(0, tensor).setResultOf(1, shape).setTensor(2, buffer);
      Runnable batch =
          () -> {
            for (int i = 0; i < 10_000; i++) {
              shape.setInt(0, i).setInt(1, 2 * i).invoke();
              buffer.setLength(i % 16);
              array.setDouble(3, i).invoke();
              view.bindElement(array, 0).data().setAtIndex(ValueLayout.JAVA_FLOAT, 3, i);
            }
          };
      batch.run();
      // Linking and recompilation may cost a few objects, but less than a byte for each call.
      assertThat(bytesAllocatedBy(batch)).as("bytes for 20,000 calls").isLessThan(10_000);
    }
  }

  private static long bytesAllocatedBy(Runnable batch) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    batch.run();
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  private static TvmCall prepare(String name, int arguments) {
    try (TvmFunction function = TvmFunction.global(name)) {
      return function.prepare(arguments);
    }
  }
}
