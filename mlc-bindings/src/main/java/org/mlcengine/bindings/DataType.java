package org.mlcengine.bindings;

import static org.mlcengine.bindings.generated.TvmFfi.kDLBfloat;
import static org.mlcengine.bindings.generated.TvmFfi.kDLBool;
import static org.mlcengine.bindings.generated.TvmFfi.kDLFloat;
import static org.mlcengine.bindings.generated.TvmFfi.kDLFloat8_e4m3fn;
import static org.mlcengine.bindings.generated.TvmFfi.kDLFloat8_e5m2;
import static org.mlcengine.bindings.generated.TvmFfi.kDLInt;
import static org.mlcengine.bindings.generated.TvmFfi.kDLOpaqueHandle;
import static org.mlcengine.bindings.generated.TvmFfi.kDLUInt;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The type of a tensor's elements (DLPack's DLDataType).
 *
 * @param code DLPack's type code
 * @param bits bits of one lane
 * @param lanes lanes of one element; 1 unless the element is a vector
 */
public record DataType(int code, int bits, int lanes) {
  /** 32-bit signed integers: token ids, positions, lengths. */
  public static final DataType INT32 = new DataType(kDLInt(), 32, 1);

  /** 64-bit signed integers. */
  public static final DataType INT64 = new DataType(kDLInt(), 64, 1);

  /** 8-bit unsigned integers. */
  public static final DataType UINT8 = new DataType(kDLUInt(), 8, 1);

  /** 32-bit unsigned integers: packed 4-bit weights. */
  public static final DataType UINT32 = new DataType(kDLUInt(), 32, 1);

  /** Half precision. */
  public static final DataType FLOAT16 = new DataType(kDLFloat(), 16, 1);

  /** Single precision: logits. */
  public static final DataType FLOAT32 = new DataType(kDLFloat(), 32, 1);

  /** Double precision. */
  public static final DataType FLOAT64 = new DataType(kDLFloat(), 64, 1);

  /** The upper half of single precision. */
  public static final DataType BFLOAT16 = new DataType(kDLBfloat(), 16, 1);

  /** Booleans of one byte. */
  public static final DataType BOOL = new DataType(kDLBool(), 8, 1);

  /** Types whose name states their bits. */
  private static final Map<Integer, String> SIZED =
      Map.of(kDLInt(), "int", kDLUInt(), "uint", kDLFloat(), "float", kDLBfloat(), "bfloat");

  /** Types whose bits go without saying. */
  private static final Map<String, DataType> NAMED =
      Map.of(
          "bool", BOOL,
          "handle", new DataType(kDLOpaqueHandle(), 64, 1),
          "float8_e4m3fn", new DataType(kDLFloat8_e4m3fn(), 8, 1),
          "float8_e5m2", new DataType(kDLFloat8_e5m2(), 8, 1));

  private static final Pattern NAME = Pattern.compile("([a-z]+)(\\d+)(?:x(\\d+))?");

  /** Checks that the fields fit into DLPack's structure. */
  public DataType {
    if (code < 0 || code > 0xFF || bits < 1 || bits > 0xFF || lanes < 1 || lanes > 0xFFFF) {
      throw new IllegalArgumentException(
          "no such data type: code " + code + ", bits " + bits + ", lanes " + lanes);
    }
  }

  /**
   * Reads TVM's name of a type, such as {@code float16}, {@code uint32}, {@code bool} or {@code
   * float32x4}.
   *
   * @throws IllegalArgumentException if there is no such type
   */
  public static DataType parse(String name) {
    DataType named = NAMED.get(name);
    if (named != null) {
      return named;
    }
    Matcher matcher = NAME.matcher(name);
    if (matcher.matches()) {
      for (Map.Entry<Integer, String> type : SIZED.entrySet()) {
        if (type.getValue().equals(matcher.group(1))) {
          String lanes = matcher.group(3);
          return new DataType(
              type.getKey(),
              Integer.parseInt(matcher.group(2)),
              lanes == null ? 1 : Integer.parseInt(lanes));
        }
      }
    }
    throw new IllegalArgumentException(
        "no such data type: \"" + name + "\"; expected one such as float32, int32 or bool");
  }

  /**
   * The bytes that {@code elements} elements take, packed.
   *
   * @throws ArithmeticException if they exceed a long
   */
  public long bytes(long elements) {
    return Math.ceilDiv(Math.multiplyExact(elements, (long) bits * lanes), 8);
  }

  /** TVM's name of the type; the inverse of {@link #parse}. */
  @Override
  public String toString() {
    String vector = lanes == 1 ? "" : "x" + lanes;
    String sized = SIZED.get(code);
    if (sized != null) {
      return sized + bits + vector;
    }
    return NAMED.entrySet().stream()
        .filter(entry -> entry.getValue().code == code && entry.getValue().bits == bits)
        .map(entry -> entry.getKey() + vector)
        .findFirst()
        .orElse("code" + code + "_bits" + bits + vector);
  }

  long packed() {
    return code | (long) bits << 8 | (long) lanes << 16;
  }

  static DataType unpack(long packed) {
    return new DataType(
        (int) (packed & 0xFF), (int) (packed >>> 8 & 0xFF), (int) (packed >>> 16 & 0xFFFF));
  }
}
