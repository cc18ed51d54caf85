package org.mlcengine.bindings;

/** The type tags of tvm-ffi (TVMFFITypeIndex) that this layer tells apart. */
final class TypeIndex {
  static final int NONE = 0;
  static final int INT = 1;
  static final int BOOL = 2;
  static final int FLOAT = 3;
  static final int OPAQUE_POINTER = 4;
  static final int DATA_TYPE = 5;
  static final int DEVICE = 6;
  static final int DL_TENSOR_POINTER = 7;
  static final int SMALL_STRING = 11;
  static final int SMALL_BYTES = 12;

  /** The first tag of a reference-counted object. */
  static final int OBJECT = 64;

  static final int STRING = 65;
  static final int BYTES = 66;
  static final int FUNCTION = 68;
  static final int SHAPE = 69;
  static final int TENSOR = 70;
  static final int ARRAY = 71;
  static final int MODULE = 73;
  static final int OPAQUE_OBJECT = 74;

  private TypeIndex() {}

  static boolean isObject(int type) {
    return type >= OBJECT;
  }

  static String name(int type) {
    return switch (type) {
      case NONE -> "None";
      case INT -> "int";
      case BOOL -> "bool";
      case FLOAT -> "float";
      case OPAQUE_POINTER -> "pointer";
      case DATA_TYPE -> "dtype";
      case DEVICE -> "device";
      case DL_TENSOR_POINTER -> "DLTensor*";
      case SMALL_STRING, STRING -> "str";
      case SMALL_BYTES, BYTES -> "bytes";
      default -> isObject(type) ? Native.typeKey(type) : "type " + type;
    };
  }
}
