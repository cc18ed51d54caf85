package org.mlcengine.tokenizer.huggingface;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mlcengine.tokenizer.CharsMap;

/**
 * Normalizes with a table of SentencePiece's as the Hugging Face library does: a grapheme cluster
 * of less than six bytes is looked up first, and the shortest rule that begins it replaces all of
 * it; otherwise its characters are looked up one by one.
 */
final class PrecompiledNormalizer implements TextNormalizer {
  private static final int LONGEST_CLUSTER = 5;
  private static final Pattern CLUSTER = Pattern.compile("\\X");

  private final CharsMap rules;

  PrecompiledNormalizer(CharsMap rules) {
    this.rules = rules;
  }

  @Override
  public String normalize(String text) {
    StringBuilder normalized = new StringBuilder(text.length());
    int done = 0;
    Matcher clusters = CLUSTER.matcher(text);
    while (done < text.length()) {
      int end = done + 1;
      // Two ASCII characters are one cluster only at a line end of two characters.
      boolean simple =
          text.charAt(done) < 0x80
              && text.charAt(done) != '\r'
              && (end == text.length() || text.charAt(end) < 0x80);
      if (!simple) {
        end = clusters.find(done) ? clusters.end() : text.length();
      }
      addCluster(text, done, end, normalized);
      done = end;
    }
    return normalized.toString();
  }

  private void addCluster(String text, int from, int to, StringBuilder normalized) {
    if (to - from <= LONGEST_CLUSTER) {
      byte[] cluster = text.substring(from, to).getBytes(StandardCharsets.UTF_8);
      if (cluster.length <= LONGEST_CLUSTER && add(cluster, normalized)) {
        return;
      }
    }
    for (int i = from, c; i < to; i += Character.charCount(c)) {
      c = text.codePointAt(i);
      if (!add(Character.toString(c).getBytes(StandardCharsets.UTF_8), normalized)) {
        normalized.appendCodePoint(c);
      }
    }
  }

  private boolean add(byte[] key, StringBuilder normalized) {
    CharsMap.Match match = rules.shortest(key, 0, key.length);
    if (match.length() == 0) {
      return false;
    }
    int begin = match.replacement();
    int length = rules.endOfReplacement(begin) - begin;
    normalized.append(new String(rules.replacements(), begin, length, StandardCharsets.UTF_8));
    return true;
  }
}
