package org.mlcengine.tokenizer.huggingface;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mlcengine.tokenizer.CodePoints;

/** Finds added tokens in a text: the leftmost first, and of those that begin there the longest. */
final class AddedTokenFinder {
  /** Receives the parts of a text in order. */
  interface Parts {
    /** Takes a part without tokens, {@code text[from, to)}; it is not empty. */
    void text(String text, int from, int to);

    /** Takes an added token. */
    void token(int id);
  }

  private record Match(AddedToken token, int end) {}

  private static final class Node {
    private final Map<Character, Node> next = new HashMap<>();
    private @Nullable AddedToken token;
  }

  private final Node root = new Node();
  private final BitSet firsts = new BitSet();

  /** Looks for {@code token} wherever the text has {@code pattern}, which is not empty. */
  void add(String pattern, AddedToken token) {
    firsts.set(pattern.charAt(0));
    Node node = root;
    for (int i = 0; i < pattern.length(); i++) {
      node = node.next.computeIfAbsent(pattern.charAt(i), c -> new Node());
    }
    node.token = token;
  }

  /**
   * Gives the parts of a text to the receiver.
   *
   * @param special whether special tokens are tokens; otherwise they are text, within which, as in
   *     the Hugging Face library, no other token is found
   */
  void split(String text, boolean special, Parts parts) {
    int done = 0;
    int i = firsts.isEmpty() ? text.length() : 0;
    while (i < text.length()) {
      Match match = firsts.get(text.charAt(i)) ? longestAt(text, i) : null;
      if (match == null) {
        i++;
        continue;
      }
      if ((special || !match.token.special()) && accepts(match, text, i)) {
        done = accept(match, text, i, done, parts);
      }
      i = match.end;
    }
    if (done < text.length()) {
      parts.text(text, done, text.length());
    }
  }

  private @Nullable Match longestAt(String text, int from) {
    Match longest = null;
    Node node = root.next.get(text.charAt(from));
    for (int end = from + 1; node != null; end++) {
      if (node.token != null) {
        longest = new Match(node.token, end);
      }
      node = end < text.length() ? node.next.get(text.charAt(end)) : null;
    }
    return longest;
  }

  private static boolean accepts(Match match, String text, int start) {
    if (!match.token.singleWord()) {
      return true;
    }
    boolean wordBefore = start > 0 && CodePoints.isWord(text.codePointBefore(start));
    boolean wordBehind =
        match.end < text.length() && CodePoints.isWord(text.codePointAt(match.end));
    return !wordBefore && !wordBehind;
  }

  /** Hands out a token and the text before it; returns where the text behind it begins. */
  private static int accept(Match match, String text, int start, int done, Parts parts) {
    int from = start;
    while (match.token.leftStrip()
        && from > done
        && CodePoints.isWhiteSpace(text.charAt(from - 1))) {
      from--;
    }
    // An earlier token may have taken in the white space that this one lies in.
    int to = match.token.rightStrip() ? Math.max(match.end, done) : match.end;
    while (match.token.rightStrip()
        && to < text.length()
        && CodePoints.isWhiteSpace(text.charAt(to))) {
      to++;
    }
    if (done < from) {
      parts.text(text, done, from);
    }
    parts.token(match.token.id());
    return to;
  }
}
