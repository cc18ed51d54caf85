package org.mlcengine.protocol;

import java.util.ArrayList;
import java.util.List;

/**
 * How probable a chat reply's tokens were.
 *
 * @param content one entry for each token of the reply's content, in order
 */
public record Logprobs(List<TokenLogprob> content) {
  /** Copies the list. */
  public Logprobs {
    content = List.copyOf(content);
  }

  /**
   * A token of the reply.
   *
   * @param token its text; U+FFFD stands for bytes that are no whole character
   * @param logprob the natural logarithm of its probability
   * @param bytes its bytes, 0 to 255 each; none where JSON has null
   * @param topLogprobs the likeliest tokens in its place, the likeliest first
   */
  public record TokenLogprob(
      String token, double logprob, List<Integer> bytes, List<TopLogprob> topLogprobs) {
    /** Copies the lists. */
    public TokenLogprob {
      bytes = List.copyOf(bytes);
      topLogprobs = List.copyOf(topLogprobs);
    }

    /** Creates a token with its bytes. */
    public TokenLogprob(String token, double logprob, byte[] bytes, List<TopLogprob> topLogprobs) {
      this(token, logprob, unsigned(bytes), topLogprobs);
    }
  }

  /**
   * A token that could have stood in a place.
   *
   * @param token its text; U+FFFD stands for bytes that are no whole character
   * @param logprob the natural logarithm of its probability
   * @param bytes its bytes, 0 to 255 each; none where JSON has null
   */
  public record TopLogprob(String token, double logprob, List<Integer> bytes) {
    /** Copies the list. */
    public TopLogprob {
      bytes = List.copyOf(bytes);
    }

    /** Creates a token with its bytes. */
    public TopLogprob(String token, double logprob, byte[] bytes) {
      this(token, logprob, unsigned(bytes));
    }
  }

  private static List<Integer> unsigned(byte[] bytes) {
    List<Integer> values = new ArrayList<>(bytes.length);
    for (byte value : bytes) {
      values.add(Byte.toUnsignedInt(value));
    }
    return values;
  }
}
