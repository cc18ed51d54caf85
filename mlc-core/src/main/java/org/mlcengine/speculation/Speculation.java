package org.mlcengine.speculation;

import java.util.List;

/**
 * Decides what is drafted. A draft lengthens the pass that verifies it, whether or not it is right;
 * so it is as long as pays, by how often tokens of the sequence's drafts were right and by how long
 * passes take. Belongs to the engine's thread.
 */
public final class Speculation implements AutoCloseable {
  /** What a pass must give more for its time before it is lengthened: less is but noise. */
  private static final double GAIN = 1.05;

  /** After so many passes without, a draft that costs something is tried again. */
  private static final int REST = 32;

  private static final double OTHERS_WEIGHT = 0.02;

  private final Drafter drafter;
  private final int most;
  private final int mostVerified;
  private final PassTimes times;
  private final Acceptance others = new Acceptance(OTHERS_WEIGHT);
  private int rested;
  private long drafted;
  private long accepted;

  /**
   * Creates one, which closes its drafter.
   *
   * @param most tokens of a draft, 1 to {@link Draft#MOST_TOKENS}
   * @param mostVerified tokens of a pass in which a sequence has several
   */
  public Speculation(Drafter drafter, int most, int mostVerified) {
    if (most < 1 || most > Draft.MOST_TOKENS) {
      throw new IllegalArgumentException("A draft cannot have %d tokens".formatted(most));
    }
    this.drafter = drafter;
    this.most = most;
    this.mostVerified = mostVerified;
    times = new PassTimes(mostVerified);
  }

  /** Returns an empty draft for a new sequence. */
  public Draft newDraft() {
    return new Draft(others);
  }

  /** Returns how many tokens a pass may have in which a sequence has several. */
  public int mostVerified() {
    return mostVerified;
  }

  /** Returns how many drafted tokens were verified. */
  public long drafted() {
    return drafted;
  }

  /** Returns how many of them were right. */
  public long accepted() {
    return accepted;
  }

  /**
   * Drafts for one sequence.
   *
   * @param sequence its number
   * @param tokens the first {@code length} are its tokens
   * @param limit how many tokens can be of use
   * @param pass how many tokens the pass has without drafts
   */
  public void draft(Draft to, long sequence, int[] tokens, int length, int limit, int pass) {
    to.begin(length);
    // A pass without drafts is what others are compared with, so there is one from time to time.
    int room = times.known(pass) ? mostVerified - pass : 0;
    int count = Math.min(Math.min(limit, most), room);
    if (count > 0 && !drafter.isFree()) {
      count = Math.min(count, worthwhile(to, count, pass));
    }
    if (count > 0) {
      drafter.draft(sequence, tokens, length, count, to);
    }
  }

  /** How many tokens are worth to be drafted where that takes time; now and then one is tried. */
  private int worthwhile(Draft draft, int limit, int pass) {
    double likelihood = draft.likelihood();
    double token = likelihood;
    double gain = pass;
    double best = GAIN * rate(gain, pass);
    int count = 0;
    for (int i = 1; i <= limit; i++, token *= likelihood) {
      gain += token;
      if (rate(gain, pass + i) > best) {
        best = rate(gain, pass + i);
        count = i;
      }
    }
    if (count > 0 || ++rested > REST) {
      rested = 0;
      return Math.max(count, 1);
    }
    return 0;
  }

  private double rate(double gain, int tokens) {
    return gain / times.estimate(tokens);
  }

  /**
   * Chooses how many tokens of each draft are verified.
   *
   * @param pass how many tokens the pass has without drafts
   */
  public void choose(List<Draft> drafts, int pass) {
    if (pass >= mostVerified) {
      return;
    }
    if (!drafter.isFree()) {
      int left = mostVerified - pass;
      for (int i = 0; i < drafts.size(); i++) {
        Draft draft = drafts.get(i);
        draft.choose(Math.min(left, draft.size()));
        left -= draft.chosen();
      }
      return;
    }
    int best = 0;
    double gain = pass;
    double bestRate = GAIN * rate(gain, pass);
    int count = 0;
    for (double token; (token = lengthen(drafts)) > 0 && pass + count < mostVerified; ) {
      count++;
      gain += token;
      if (rate(gain, pass + count) > bestRate) {
        bestRate = rate(gain, pass + count);
        best = count;
      }
    }
    drafts.forEach(draft -> draft.choose(0));
    for (int i = 0; i < best; i++) {
      lengthen(drafts);
    }
  }

  /** Takes the likeliest token more of all drafts; returns how likely it is, or 0 without one. */
  private static double lengthen(List<Draft> drafts) {
    Draft best = null;
    double likeliest = 0;
    for (int i = 0; i < drafts.size(); i++) {
      Draft draft = drafts.get(i);
      if (draft.chosen() < draft.size()) {
        double likelihood = Math.pow(draft.likelihood(), draft.chosen() + 1);
        if (likelihood > likeliest) {
          likeliest = likelihood;
          best = draft;
        }
      }
    }
    if (best != null) {
      best.choose(best.chosen() + 1);
    }
    return likeliest;
  }

  /** A pass is over that had so many tokens. */
  public void passed(int tokens, long nanos) {
    times.add(tokens, nanos);
  }

  /**
   * Compares a draft with what came, after a pass.
   *
   * @param tokens the first {@code length} are the sequence's tokens now
   * @param verified how many tokens of the draft were in the pass
   */
  public void compare(Draft draft, int[] tokens, int length, int verified) {
    int right = draft.compare(tokens, length, others);
    drafted += verified;
    accepted += Math.min(right, verified);
  }

  @Override
  public void close() {
    drafter.close();
  }
}
