package org.mlcengine.tokenizer.huggingface;

import java.lang.Character.UnicodeScript;
import org.jspecify.annotations.Nullable;

/**
 * Splits where the script changes. Kana count as Han, and spaces and unassigned code points belong
 * to every script. As in the Hugging Face library, what stands in front of the first script is
 * dropped.
 */
record ScriptSplit() implements PreTokenizer {
  private static final int PROLONGED_SOUND_MARK = 0x30FC;

  @Override
  public void split(String text, int from, int to, boolean start, Pieces pieces) {
    int begin = -1;
    UnicodeScript last = null;
    for (int i = from, width; i < to; i += width) {
      int c = text.codePointAt(i);
      width = Character.charCount(c);
      UnicodeScript script = script(c);
      if (script != null && script != last) {
        if (begin >= 0) {
          pieces.accept(text, begin, i, start && begin == from);
        }
        begin = i;
        last = script;
      }
    }
    if (begin >= 0) {
      pieces.accept(text, begin, to, start && begin == from);
    }
  }

  private static @Nullable UnicodeScript script(int c) {
    if (c == ' ') {
      return null;
    }
    if (c == PROLONGED_SOUND_MARK) {
      return UnicodeScript.HAN;
    }
    UnicodeScript script = UnicodeScript.of(c);
    return switch (script) {
      case HIRAGANA, KATAKANA -> UnicodeScript.HAN;
      case UNKNOWN -> null;
      default -> script;
    };
  }
}
