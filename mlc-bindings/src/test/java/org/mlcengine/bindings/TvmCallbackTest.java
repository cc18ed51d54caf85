package org.mlcengine.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Natives.class)
final class TvmCallbackTest {
  private long live;
  private int held;

  @BeforeEach
  void countBefore() {
    live = TvmRuntime.liveCount();
    held = Upcalls.HANDLES.size();
  }

  @AfterEach
  void nothingLeaks() {
    assertThat(TvmRuntime.liveCount()).isEqualTo(live);
    assertThat(Upcalls.HANDLES.size()).isEqualTo(held);
  }

  @Test
  void argumentsAndResultPassThroughNativeCode() {
    List<@Nullable Object> seen = new ArrayList<>();
    Object result =
        apply(
            arguments -> {
              seen.addAll(arguments);
              return "a result of some length";
            },
            1L,
            "seven c",
            "eight ch",
            null,
            2.5,
            DataType.INT32);
    assertThat(seen).containsExactly(1L, "seven c", "eight ch", null, 2.5, DataType.INT32);
    assertThat(result).isEqualTo("a result of some length");
  }

  @Test
  void objectsAmongTheArgumentsAreClosedAfterwards() {
    List<@Nullable Object> seen = new ArrayList<>();
    try (TvmShape shape = TvmShape.of(2, 3)) {
      apply(
          arguments -> {
            seen.addAll(arguments);
            assertThat(((TvmShape) arguments.getFirst()).toArray()).containsExactly(2, 3);
            return null;
          },
          shape);
      assertThat(seen).singleElement().matches(o -> ((TvmObject) o).isClosed());
    }
  }

  @Test
  void argumentMayBeReturned() {
    try (TvmShape shape = TvmShape.of(6)) {
      try (TvmShape same = Any.cast(TvmShape.class, apply(List::getFirst, shape))) {
        assertThat(same.toArray()).containsExactly(6);
      }
    }
  }

  @Test
  void retainedArgumentOutlivesTheCall() {
    List<TvmShape> kept = new ArrayList<>();
    try (TvmShape shape = TvmShape.of(8)) {
      apply(arguments -> kept.add(((TvmShape) arguments.getFirst()).retain()), shape);
    }
    try (TvmShape retained = kept.getFirst()) {
      assertThat(retained.toArray()).containsExactly(8);
    }
  }

  @Test
  void javaExceptionReachesTheJavaCallerAsTheCause() {
    IOException thrown = new IOException("no such file: été");
    TvmException e =
        failure(
            arguments -> {
              throw thrown;
            });
    assertThat(e.getCause()).isSameAs(thrown);
    assertThat(e.kind()).isEqualTo("java.io.IOException");
    assertThat(e.detail()).isEqualTo("no such file: été");
  }

  @Test
  void errorsAndExceptionsWithoutMessageAreCaughtToo() {
    assertThat(
            failure(
                    arguments -> {
                      throw new AssertionError();
                    })
                .getCause())
        .isInstanceOf(AssertionError.class);
    assertThat(failure(new Endless()).getCause()).isInstanceOf(StackOverflowError.class);
    assertThat(failure(arguments -> Locale.ROOT).getCause())
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void tvmErrorKeepsItsKindThroughNestedCallbacks() {
    TvmException e =
        failure(
            arguments ->
                apply(
                    inner -> {
                      try (TvmFunction raise = TvmFunction.global("testing.test_raise_error")) {
                        return raise.call("KeyError", "deep down");
                      }
                    }));
    assertThat(e.kind()).isEqualTo("KeyError");
    assertThat(e.detail()).isEqualTo("deep down");
  }

  @Test
  void exceptionWhoseMessageFailsIsStillAnError() {
    TvmException e =
        failure(
            arguments -> {
              throw new Unprintable();
            });
    assertThat(e.kind()).isEqualTo("InternalError");
    assertThat(e.detail()).contains("so did the report");
  }

  @Test
  void callbackLivesAsLongAsNativeCodeHoldsIt() {
    TvmFunction callback = TvmFunction.of(arguments -> 17);
    try (TvmArray holder = TvmArray.of(callback)) {
      callback.close();
      System.gc();
      assertThat(Upcalls.HANDLES.size()).isEqualTo(held + 1);
      try (TvmFunction again = holder.get(0, TvmFunction.class)) {
        assertThat(again.call()).isEqualTo(17L);
      }
    }
    assertThat(Upcalls.HANDLES.size()).isEqualTo(held);
  }

  private static @Nullable Object apply(TvmCallback callback, @Nullable Object... arguments) {
    try (TvmFunction apply = TvmFunction.global("testing.apply");
        TvmFunction function = TvmFunction.of(callback)) {
      List<@Nullable Object> all = new ArrayList<>();
      all.add(function);
      for (Object argument : arguments) {
        all.add(argument);
      }
      return apply.call(all.toArray());
    }
  }

  private static TvmException failure(TvmCallback callback) {
    return catchThrowableOfType(TvmException.class, () -> apply(callback));
  }

  private static final class Endless implements TvmCallback {
    @Override
    public Object call(List<@Nullable Object> arguments) {
      return depth(0);
    }

    private static int depth(int n) {
      return n < 0 ? 0 : 1 + depth(n + 1);
    }
  }

  private static final class Unprintable extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public String getMessage() {
      throw new IllegalStateException("no message");
    }
  }
}
