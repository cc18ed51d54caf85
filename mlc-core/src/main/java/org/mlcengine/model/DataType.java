package org.mlcengine.model;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The element type of a tensor, called as TVM calls it in lower case. */
public enum DataType {
  /** Signed 8-bit integer. */
  INT8(1),
  /** Unsigned 8-bit integer. */
  UINT8(1),
  /** Signed 16-bit integer. */
  INT16(2),
  /** Unsigned 16-bit integer. */
  UINT16(2),
  /** Signed 32-bit integer. */
  INT32(4),
  /** Unsigned 32-bit integer; MLC packs quantized weights into it. */
  UINT32(4),
  /** Signed 64-bit integer. */
  INT64(8),
  /** IEEE half precision. */
  FLOAT16(2),
  /** The upper half of a float32. */
  BFLOAT16(2),
  /** IEEE single precision. */
  FLOAT32(4),
  /** IEEE double precision. */
  FLOAT64(8),
  /** 8-bit float with 4 exponent bits. */
  FLOAT8_E4M3FN(1),
  /** 8-bit float with 5 exponent bits. */
  FLOAT8_E5M2(1);

  private final int bytes;

  DataType(int bytes) {
    this.bytes = bytes;
  }

  /** Returns the type with TVM's name, for instance {@code float16}. */
  public static Optional<DataType> of(String tvmName) {
    return Arrays.stream(values()).filter(type -> type.tvmName().equals(tvmName)).findFirst();
  }

  /** Returns TVM's name, for instance {@code float16}. */
  public String tvmName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns the bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /**
   * Returns the bytes of a dense tensor.
   *
   * @throws ArithmeticException if they exceed a long
   */
  long bytes(List<Long> shape) {
    long total = bytes;
    for (long dimension : shape) {
      total = Math.multiplyExact(total, dimension);
    }
    return total;
  }

  /** Reads a field that names a type. */
  static DataType read(JsonObject object, String field) {
    return of(object.string(field))
        .orElseThrow(
            () ->
                object.invalid(
                    field,
                    "one of "
                        + String.join(
                            ", ", Arrays.stream(values()).map(DataType::tvmName).toList())));
  }
}
