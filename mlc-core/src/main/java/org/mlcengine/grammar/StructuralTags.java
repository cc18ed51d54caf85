package org.mlcengine.grammar;

final class StructuralTags {
  private StructuralTags() {}

  static String translate(String json) {
    return json;
  }
}
