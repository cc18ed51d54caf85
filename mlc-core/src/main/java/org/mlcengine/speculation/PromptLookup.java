package org.mlcengine.speculation;

/**
 * Drafts what followed the last tokens where they occurred before, in the prompt or the reply: the
 * longest ending of 8 to 2 tokens that occurred, and of its occurrences the latest. For texts that
 * repeat parts of their prompt, or themselves.
 */
public final class PromptLookup implements Drafter {
  private static final int LONGEST = 8;
  private static final int SHORTEST = 2;

  @Override
  public boolean isFree() {
    return true;
  }

  @Override
  public void draft(long sequence, int[] tokens, int length, int most, Draft to) {
    int best = SHORTEST - 1;
    int after = 0;
    for (int end = length - 1; end >= SHORTEST && best < LONGEST; end--) {
      if (tokens[end - 1] == tokens[length - 1]) {
        int common = common(tokens, end, length, LONGEST);
        if (common > best) {
          best = common;
          after = end;
        }
      }
    }
    if (after == 0) {
      return;
    }
    to.strength(strength(best));
    for (int i = 0; i < most; i++) {
      // Where an ending repeats itself, the draft does so as well.
      int place = after + i;
      to.add(place < length ? tokens[place] : to.token(place - length));
    }
  }

  /** What has gone along with an earlier text for longer is likelier to go on like that. */
  private static int strength(int common) {
    if (common == LONGEST) {
      return 2;
    }
    return common < LONGEST / 2 ? 0 : 1;
  }

  /** Returns how many tokens before one place are those before another, up to {@code most}. */
  private static int common(int[] tokens, int place, int other, int most) {
    int count = 0;
    while (count < most
        && count < place
        && tokens[place - 1 - count] == tokens[other - 1 - count]) {
      count++;
    }
    return count;
  }

  @Override
  public void close() {}
}
