package org.mlcengine.tokenizer.sentencepiece;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.mlcengine.tokenizer.CharsMap;

/** What the pieces of a model contribute to a decoded text. */
final class PieceTexts {
  private static final String SPACE_SYMBOL = "\u2581";

  private final PieceTable table;
  private final CharsMap denormalization;
  private final String unknownSurface;
  private final boolean stripsFirstSpace;
  private final boolean stripsAllSpaces;

  PieceTexts(PieceTable table, ModelFile file, CharsMap denormalization) {
    this.table = table;
    this.denormalization = denormalization;
    this.unknownSurface = cString(file.unknownSurface());
    this.stripsAllSpaces = file.normalizer().removeExtraWhitespaces();
    this.stripsFirstSpace = stripsAllSpaces || file.normalizer().addDummyPrefix();
  }

  private static String cString(byte[] bytes) {
    int end = 0;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, 0, end, StandardCharsets.UTF_8);
  }

  /** Returns the rules that are applied to a decoded text. */
  CharsMap denormalization() {
    return denormalization;
  }

  /** Whether a text does not begin with the space of its first piece. */
  boolean stripsFirstSpace() {
    return stripsFirstSpace;
  }

  /** Whether a text does not begin with spaces, however many pieces begin with one. */
  boolean stripsAllSpaces() {
    return stripsAllSpaces;
  }

  boolean has(int id) {
    return id >= 0 && id < table.size();
  }

  /** Returns the byte that an id stands for; -1 if it stands for none. */
  int byteOf(int id) {
    return has(id) ? table.byteOf(id) : -1;
  }

  /** Whether the text of a piece begins with a space that normalization put there. */
  boolean startsWithSpace(int id) {
    byte[] text = table.text(id);
    byte[] space = TextNormalizer.SPACE_SYMBOL;
    return table.type(id).isText()
        && text.length >= space.length
        && Arrays.equals(text, 0, space.length, space, 0, space.length);
  }

  /** Returns what a piece contributes within a text; nothing for one that stands for a byte. */
  String text(int id) {
    return switch (table.type(id)) {
      case CONTROL, BYTE -> "";
      case UNKNOWN -> unknownSurface;
      case NORMAL, USER_DEFINED, UNUSED ->
          new String(table.text(id), StandardCharsets.UTF_8).replace(SPACE_SYMBOL, " ");
    };
  }
}
