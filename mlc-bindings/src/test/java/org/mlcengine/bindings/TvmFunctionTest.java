package org.mlcengine.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(Natives.class)
final class TvmFunctionTest {
  static Stream<Object> values() {
    return Stream.of(
        0L,
        Long.MIN_VALUE,
        Long.MAX_VALUE,
        true,
        false,
        -0.0,
        Math.PI,
        Double.NaN,
        Double.NEGATIVE_INFINITY,
        MemorySegment.NULL,
        MemorySegment.ofAddress(0x1234_5678_9ABCL),
        DataType.FLOAT16,
        DataType.parse("int8x4"),
        Device.CPU,
        new Device(2, 3));
  }

  @ParameterizedTest
  @MethodSource("values")
  void valueRoundTrips(Object value) {
    assertThat(echo(value)).isEqualTo(value);
  }

  @Test
  void methodsOfTypesAreFound() {
    try (TvmFunction create = TvmFunction.method("testing.TestIntPair", TvmFunction.CONSTRUCTOR);
        TvmObject pair = create.callAs(TvmObject.class, 3L, 4L);
        TvmFunction sum = TvmFunction.method("testing.TestIntPair", "sum")) {
      assertThat(pair.typeKey()).isEqualTo("testing.TestIntPair");
      assertThat(sum.callAs(Long.class, pair)).isEqualTo(7);
    }
    assertThatExceptionOfType(NoSuchElementException.class)
        .isThrownBy(() -> TvmFunction.method("testing.TestIntPair", "missing"))
        .withMessageContaining("testing.TestIntPair.missing");
    assertThatExceptionOfType(NoSuchElementException.class)
        .isThrownBy(() -> TvmFunction.method("testing.Missing", "sum"))
        .withMessageContaining("testing.Missing.sum");
  }

  @Test
  void reservedTypeHasNoMethods() {
    TvmRuntime.reserveTypes(List.of("test.Reserved", "test.Reserved"));
    assertThatExceptionOfType(NoSuchElementException.class)
        .isThrownBy(() -> TvmFunction.method("test.Reserved", TvmFunction.CONSTRUCTOR));
  }

  @Test
  void nullRoundTrips() {
    assertThat(echo(null)).isNull();
  }

  @Test
  void narrowerNumbersWiden() {
    assertThat(echo(-7)).isEqualTo(-7L);
    assertThat(echo(0.5f)).isEqualTo(0.5);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 8, 1000})
  void stringRoundTrips(int length) {
    String ascii = "abcdefghij".repeat(100).substring(0, length);
    assertThat(echo(ascii)).isEqualTo(ascii);
    assertThat(echo(ascii.getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo(ascii.getBytes(StandardCharsets.US_ASCII));
  }

  @ParameterizedTest
  @ValueSource(strings = {"é", "日本", "日本語のテキスト", "🙂🙂", "a\0b", "long text with a\0zero"})
  void stringOutsideAsciiRoundTrips(String text) {
    assertThat(echo(text)).isEqualTo(text);
  }

  @Test
  void otherClassesAreRefusedByName() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> echo(Locale.ROOT))
        .withMessageContaining("java.util.Locale");
  }

  @Test
  void errorCarriesKindMessageAndBacktrace() {
    try (TvmFunction raise = TvmFunction.global("testing.test_raise_error")) {
      TvmException e =
          catchThrowableOfType(
              TvmException.class, () -> raise.call("ValueError", "value is too large"));
      assertThat(e.kind()).isEqualTo("ValueError");
      assertThat(e.detail()).isEqualTo("value is too large");
      assertThat(e).hasMessage("ValueError: value is too large").hasNoCause();
      assertThat(e.backtrace()).contains("TestRaiseError");
    }
  }

  @Test
  void wrongArgumentsAreAnErrorAndNoCrash() {
    try (TvmFunction addOne = TvmFunction.global("testing.add_one")) {
      assertThat(addOne.call(41)).isEqualTo(42L);
      assertThatExceptionOfType(TvmException.class)
          .isThrownBy(() -> addOne.call("forty-one"))
          .satisfies(e -> assertThat(e.kind()).isEqualTo("TypeError"));
      assertThatExceptionOfType(TvmException.class).isThrownBy(addOne::call);
    }
  }

  @Test
  void missingGlobalIsNamed() {
    assertThat(TvmFunction.findGlobal("testing.no_such_function")).isEmpty();
    assertThatExceptionOfType(NoSuchElementException.class)
        .isThrownBy(() -> TvmFunction.global("testing.no_such_function"))
        .withMessageContaining("testing.no_such_function")
        .withMessageContaining("tvm_runtime");
  }

  @Test
  void versionIsThatOfTheLibrary() {
    assertThat(TvmRuntime.version()).matches("\\d+\\.\\d+\\.\\d+");
    assertThat(TvmRuntime.isLoaded()).isTrue();
  }

  private static @Nullable Object echo(@Nullable Object value) {
    try (TvmFunction echo = TvmFunction.global("testing.echo")) {
      return echo.call(value);
    }
  }
}
