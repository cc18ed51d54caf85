package org.mlcengine.model;

import java.util.List;
import java.util.Optional;

/**
 * What a model library was compiled for, as this project's compiler notes it.
 *
 * @param kind TVM's target kind, for instance {@code llvm}
 * @param triple LLVM's target triple
 * @param cpu LLVM's processor name
 * @param level the instruction set, for instance {@code x86-64-v3}
 * @param features further instruction sets by LLVM's names, for instance {@code avx512vnni}
 */
public record LibraryTarget(
    String kind,
    Optional<String> triple,
    Optional<String> cpu,
    Optional<String> level,
    List<String> features) {
  static LibraryTarget read(JsonObject object) {
    return new LibraryTarget(
        object.string("kind"),
        object.optionalString("mtriple"),
        object.optionalString("mcpu"),
        object.optionalString("level"),
        object.strings("features"));
  }
}
