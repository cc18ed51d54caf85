package org.mlcengine.tokenizer.huggingface;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The table with which SentencePiece normalizes: the size of a double-array trie in bytes, the
 * trie, and the replacements, each ended by a zero byte. Numbers are 32 bits, little endian. As in
 * the Hugging Face library, a grapheme cluster of less than six bytes is looked up first, and the
 * shortest entry that begins it replaces all of it; otherwise its characters are looked up one by
 * one.
 */
final class CharsMap implements TextNormalizer {
  private static final int LONGEST_CLUSTER = 5;
  private static final Pattern CLUSTER = Pattern.compile("\\X");

  private final int[] units;
  private final byte[] replacements;

  /**
   * Makes a table of its binary form.
   *
   * @throws IllegalArgumentException if the form is malformed
   */
  CharsMap(byte[] table) {
    ByteBuffer buffer = ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN);
    int size = table.length < Integer.BYTES ? -1 : buffer.getInt();
    if (size < Integer.BYTES || size % Integer.BYTES != 0 || size > buffer.remaining()) {
      throw new IllegalArgumentException(
          "a table of " + table.length + " bytes with a trie of " + size + " bytes");
    }
    this.units = new int[size / Integer.BYTES];
    buffer.asIntBuffer().get(units);
    this.replacements = Arrays.copyOfRange(table, Integer.BYTES + size, table.length);
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
    int begin = find(key);
    if (begin < 0) {
      return false;
    }
    int end = begin;
    while (end < replacements.length && replacements[end] != 0) {
      end++;
    }
    if (begin < end) {
      normalized.append(new String(replacements, begin, end - begin, StandardCharsets.UTF_8));
    }
    return true;
  }

  /** Where the replacement of the shortest entry that begins the key is; -1 if there is none. */
  private int find(byte[] key) {
    int node = offset(units[0]);
    for (byte b : key) {
      int label = b & 0xFF;
      node ^= label;
      if (label == 0 || node < 0 || node >= units.length) {
        return -1;
      }
      int unit = units[node];
      if ((unit & (1 << 31 | 0xFF)) != label) {
        return -1;
      }
      node ^= offset(unit);
      if ((unit >>> 8 & 1) == 1) {
        return node >= 0 && node < units.length ? units[node] & Integer.MAX_VALUE : -1;
      }
    }
    return -1;
  }

  private static int offset(int unit) {
    return (unit >>> 10) << ((unit & 1 << 9) >>> 6);
  }
}
