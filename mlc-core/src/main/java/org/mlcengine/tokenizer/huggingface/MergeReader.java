package org.mlcengine.tokenizer.huggingface;

import java.io.IOException;
import java.util.Arrays;
import org.mlcengine.tokenizer.IntList;

/** Reads merges, each written as two tokens with a space between them or as an array of two. */
final class MergeReader {
  private static final String VERSION = "#version";

  private final JsonText text;
  private final Vocabulary vocabulary;
  private final int prefix;
  private final IntList lefts = new IntList();
  private final IntList rights = new IntList();
  private final IntList results = new IntList();
  private char[] joined = new char[64];

  /**
   * Makes a reader.
   *
   * @param prefix how many characters of the second token the merged one leaves out
   */
  MergeReader(JsonText text, Vocabulary vocabulary, int prefix) {
    this.text = text;
    this.vocabulary = vocabulary;
    this.prefix = prefix;
  }

  /** Returns the merges that were read, in falling order of precedence. */
  MergeTable table() {
    return new MergeTable(lefts.toArray(), rights.toArray(), results.toArray());
  }

  /** Reads an array of merges. */
  void read() throws IOException {
    text.pass('[', "an array of merges");
    for (boolean first = true; text.next(']', first); first = false) {
      if (text.isNext('[')) {
        readPair();
      } else {
        readLine();
      }
    }
  }

  private void readPair() throws IOException {
    text.pass('[', "two strings as a merge");
    text.string("a string in a merge");
    int split = text.length();
    join(0, 0, split);
    text.pass(',', "a string in a merge");
    text.string("a string in a merge");
    int end = split + text.length();
    join(split, 0, text.length());
    text.pass(']', "two strings as a merge");
    add(split, end);
  }

  private void readLine() throws IOException {
    text.string("a string in a merge");
    if (text.length() > 0 && text.chars()[0] == '#' && text.lastString().startsWith(VERSION)) {
      return;
    }
    int space = space(0);
    if (space == text.length() || space(space + 1) < text.length()) {
      throw text.malformed("two tokens with a space between them as a merge");
    }
    join(0, 0, space);
    join(space, space + 1, text.length());
    add(space, text.length() - 1);
  }

  /** Where the next space in the last string is; its length if there is none. */
  private int space(int from) {
    int place = from;
    while (place < text.length() && text.chars()[place] != ' ') {
      place++;
    }
    return place;
  }

  /** Copies a part of the last string to where the halves of a merge stand side by side. */
  private void join(int at, int from, int to) {
    if (joined.length < at + to - from) {
      joined = Arrays.copyOf(joined, 2 * (at + to - from));
    }
    System.arraycopy(text.chars(), from, joined, at, to - from);
  }

  private void add(int split, int end) throws IOException {
    lefts.add(id(0, split));
    rights.add(id(split, end));
    if (prefix > 0) {
      int kept = Math.max(0, end - split - prefix);
      System.arraycopy(joined, end - kept, joined, split, kept);
      results.add(id(0, split + kept));
    } else {
      results.add(id(0, end));
    }
  }

  private int id(int from, int to) throws IOException {
    int id = vocabulary.id(joined, from, to);
    if (id < 0) {
      throw text.malformed(
          "every merge to be made of tokens, but not of the unknown token '"
              + new String(joined, from, to - from)
              + "'");
    }
    return id;
  }
}
