package org.mlcengine.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(Natives.class)
final class TvmContainersTest {
  @Test
  void arrayHoldsValuesOfEachKind() {
    try (TvmShape shape = TvmShape.of(3);
        TvmArray inner = TvmArray.of();
        TvmArray array = TvmArray.of(1, "a longer string", 0.5, null, shape, inner)) {
      assertThat(array.size()).isEqualTo(6);
      assertThat(array.get(0)).isEqualTo(1L);
      assertThat(array.get(1)).isEqualTo("a longer string");
      assertThat(array.get(2, Double.class)).isEqualTo(0.5);
      assertThat(array.get(3)).isNull();
      try (TvmShape element = array.get(4, TvmShape.class)) {
        assertThat(element.toArray()).containsExactly(3);
      }
      try (TvmArray element = array.get(5, TvmArray.class)) {
        assertThat(element.size()).isZero();
      }
      assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> array.get(6));
      assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> array.get(-1));
      assertThatExceptionOfType(TvmException.class)
          .isThrownBy(() -> array.get(3, TvmShape.class))
          .withMessage("TypeError: expected TvmShape, found None");
    }
  }

  @Test
  void shapeRoundTrips() {
    try (TvmShape shape = TvmShape.of(1, -1, Long.MAX_VALUE);
        TvmShape empty = TvmShape.of()) {
      assertThat(shape.toArray()).containsExactly(1, -1, Long.MAX_VALUE);
      assertThat(shape).hasToString("[1, -1, 9223372036854775807]");
      assertThat(empty.toArray()).isEmpty();
    }
  }

  @Test
  void moduleFindsItsFunctions() {
    try (TvmModule module = TvmModule.load(Natives.library("tvm_ffi_testing"));
        TvmFunction echo = module.function("testing_dll_schema_id_int")) {
      assertThat(module.kind()).isNotEmpty();
      assertThat(echo.call(12)).isEqualTo(12L);
      assertThat(module.find("no_such_function")).isEmpty();
      assertThatExceptionOfType(NoSuchElementException.class)
          .isThrownBy(() -> module.function("no_such_function"))
          .withMessageContaining("no_such_function")
          .withMessageContaining(module.kind());
    }
  }

  @Test
  void functionOutlivesItsModule() {
    TvmModule module = TvmModule.load(Natives.library("tvm_ffi_testing"));
    try (TvmFunction echo = module.function("testing_dll_schema_id_int")) {
      module.close();
      assertThat(echo.call(13)).isEqualTo(13L);
    }
  }

  @Test
  void whatIsNoModuleIsAnError(@TempDir Path folder) throws IOException {
    Path missing = folder.resolve("missing.so");
    assertThatExceptionOfType(TvmException.class)
        .isThrownBy(() -> TvmModule.load(missing))
        .withMessageContaining("missing.so");
    Path text = Files.writeString(folder.resolve("text.so"), "this is no library");
    assertThatExceptionOfType(TvmException.class)
        .isThrownBy(() -> TvmModule.load(text))
        .withMessageContaining("text.so");
  }
}
