package org.mlcengine.tokenizer.sentencepiece;

import java.nio.charset.StandardCharsets;
import org.mlcengine.tokenizer.ByteList;
import org.mlcengine.tokenizer.ByteTrie;
import org.mlcengine.tokenizer.CharsMap;

/** What happens to a text before it is split into pieces. */
final class TextNormalizer {
  /** U+2581, which stands for a space in pieces. */
  static final byte[] SPACE_SYMBOL = "\u2581".getBytes(StandardCharsets.UTF_8);

  private final CharsMap charsMap;
  private final ByteTrie userDefined;
  private final byte[] space;
  private final boolean dummyPrefix;
  private final boolean dummySuffix;
  private final boolean extraWhitespaces;

  /**
   * Makes a normalizer.
   *
   * @param userDefined symbols that are left as they are
   */
  TextNormalizer(
      ModelFile.NormalizerSpec spec,
      CharsMap charsMap,
      ByteTrie userDefined,
      boolean whitespaceAsSuffix) {
    this.charsMap = charsMap;
    this.userDefined = userDefined;
    this.space = spec.escapeWhitespaces() ? SPACE_SYMBOL : new byte[] {' '};
    this.dummyPrefix = spec.addDummyPrefix() && !whitespaceAsSuffix;
    this.dummySuffix = spec.addDummyPrefix() && whitespaceAsSuffix;
    this.extraWhitespaces = !spec.removeExtraWhitespaces();
  }

  /** Returns the normalized text, of well-formed UTF-8. */
  ByteList normalize(byte[] text) {
    ByteList target = new ByteList(text.length + text.length / 2);
    Part part = new Part(text);
    if (!extraWhitespaces) {
      while (part.next() && part.isSpace()) {
        part.pass();
      }
    }
    if (part.position == text.length) {
      return target;
    }
    if (dummyPrefix) {
      target.addAll(space, 0, space.length);
    }
    boolean afterSpace = !extraWhitespaces;
    while (part.next()) {
      afterSpace = append(part, afterSpace, target) && !extraWhitespaces;
      part.pass();
    }
    if (!extraWhitespaces) {
      while (target.endsWith(space)) {
        target.removeLast(space.length);
      }
    }
    if (dummySuffix) {
      target.addAll(space, 0, space.length);
    }
    return target;
  }

  /** Appends a part, without the spaces that follow a space; returns whether a space is last. */
  private boolean append(Part part, boolean afterSpace, ByteList target) {
    int from = part.from;
    while (afterSpace && from < part.to && part.source[from] == ' ') {
      from++;
    }
    for (int i = from; i < part.to; i++) {
      if (part.source[i] == ' ') {
        target.addAll(space, 0, space.length);
      } else {
        target.add(part.source[i]);
      }
    }
    return from == part.to ? afterSpace : part.source[part.to - 1] == ' ';
  }

  /** A part of the text that is normalized at once, and what becomes of it. */
  private final class Part {
    private final byte[] text;
    private int position;
    private int length;
    private byte[] source;
    private int from;
    private int to;

    Part(byte[] text) {
      this.text = text;
      this.source = text;
    }

    /** Looks at the part that starts at the current position; false at the end of the text. */
    boolean next() {
      if (position == text.length) {
        return false;
      }
      source = text;
      from = position;
      length = userDefined.longestAt(text, position, text.length);
      if (length == 0) {
        replace();
      }
      if (source == text) {
        to = position + length;
      }
      return true;
    }

    private void replace() {
      CharsMap.Match match = charsMap.longest(text, position, text.length);
      length = match.length();
      if (length == 0) {
        length = Math.min(Utf8.length(text[position]), text.length - position);
        return;
      }
      source = charsMap.replacements();
      from = match.replacement();
      to = charsMap.endOfReplacement(from);
    }

    boolean isSpace() {
      return to - from == 1 && source[from] == ' ';
    }

    void pass() {
      position += length;
    }
  }
}
