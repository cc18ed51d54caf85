package org.mlcengine.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DataTypeTest {
  @ParameterizedTest
  @CsvSource({
    "int32, 0, 32, 1",
    "uint8, 1, 8, 1",
    "float16, 2, 16, 1",
    "float32x4, 2, 32, 4",
    "handle, 3, 64, 1",
    "bfloat16, 4, 16, 1",
    "bool, 6, 8, 1",
    "float8_e4m3fn, 10, 8, 1",
    "float8_e5m2, 12, 8, 1",
    "uint4, 1, 4, 1"
  })
  void nameRoundTrips(String name, int code, int bits, int lanes) {
    DataType type = new DataType(code, bits, lanes);
    assertThat(DataType.parse(name)).isEqualTo(type);
    assertThat(type).hasToString(name);
    assertThat(DataType.unpack(type.packed())).isEqualTo(type);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "float", "32", "complex64", "float32x", "float32 ", "int999"})
  void unknownNameIsRefused(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DataType.parse(name))
        .withMessageContaining("no such data type");
  }

  @Test
  void bytesArePackedAndRoundedUp() {
    assertThat(DataType.FLOAT16.bytes(3)).isEqualTo(6);
    assertThat(DataType.parse("uint4").bytes(3)).isEqualTo(2);
    assertThat(DataType.parse("int8x4").bytes(2)).isEqualTo(8);
    assertThat(DataType.INT32.bytes(0)).isZero();
    assertThatExceptionOfType(ArithmeticException.class)
        .isThrownBy(() -> DataType.FLOAT64.bytes(Long.MAX_VALUE / 4));
  }

  @Test
  void deviceIsNamedAsTvmDoes() {
    assertThat(Device.CPU).hasToString("cpu:0");
    assertThat(new Device(2, 1)).hasToString("cuda:1");
    assertThat(new Device(99, 0)).hasToString("device99:0");
    assertThat(Device.unpack(new Device(8, 2).packed())).isEqualTo(new Device(8, 2));
  }
}
