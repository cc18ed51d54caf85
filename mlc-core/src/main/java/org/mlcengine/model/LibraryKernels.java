package org.mlcengine.model;

/**
 * What does the work of a model library's steps, as this project's compiler notes it.
 *
 * @param name {@code native} for the kernels of the natives, {@code tir} for code in the library
 * @param version the version of the native kernels that the library calls; 0 for others
 */
public record LibraryKernels(String name, int version) {
  private static final String NATIVE = "native";
  private static final String TIR = "tir";

  /** Returns whether the library calls the kernels of the natives. */
  public boolean areNative() {
    return name.equals(NATIVE);
  }

  static LibraryKernels read(JsonObject object) {
    String name = object.string("name");
    if (!name.equals(NATIVE) && !name.equals(TIR)) {
      throw object.invalid("name", "\"native\" or \"tir\"");
    }
    return new LibraryKernels(
        name, name.equals(NATIVE) ? object.integer("version", 1, 1 << 20) : 0);
  }
}
