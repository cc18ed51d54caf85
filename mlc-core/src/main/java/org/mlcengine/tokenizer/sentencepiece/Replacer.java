package org.mlcengine.tokenizer.sentencepiece;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.mlcengine.tokenizer.CharsMap;

/** Applies a map of rules to a text that arrives in parts. */
final class Replacer {
  private final CharsMap rules;
  private byte[] held = new byte[0];

  Replacer(CharsMap rules) {
    this.rules = rules;
  }

  /** Returns the text that became certain with this part. */
  String append(String part) {
    if (rules == CharsMap.EMPTY || part.isEmpty()) {
      return part;
    }
    byte[] more = part.getBytes(StandardCharsets.UTF_8);
    int before = held.length;
    held = Arrays.copyOf(held, before + more.length);
    System.arraycopy(more, 0, held, before, more.length);
    return replace(false);
  }

  /** Returns what was held back, and begins anew. */
  String finish() {
    return replace(true);
  }

  private String replace(boolean finished) {
    StringBuilder text = new StringBuilder();
    int at = 0;
    while (at < held.length) {
      CharsMap.Match match = rules.longest(held, at, held.length);
      if (match.open() && !finished) {
        break;
      }
      if (match.length() == 0) {
        int length = Math.min(Utf8.length(held[at]), held.length - at);
        text.append(new String(held, at, length, StandardCharsets.UTF_8));
        at += length;
      } else {
        int from = match.replacement();
        int length = rules.endOfReplacement(from) - from;
        text.append(new String(rules.replacements(), from, length, StandardCharsets.UTF_8));
        at += match.length();
      }
    }
    held = Arrays.copyOfRange(held, at, held.length);
    return text.toString();
  }
}
