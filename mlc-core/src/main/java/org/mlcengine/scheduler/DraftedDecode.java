package org.mlcengine.scheduler;

import java.util.ArrayList;
import java.util.List;
import org.mlcengine.speculation.Draft;
import org.mlcengine.speculation.Speculation;

/**
 * Gives the sequences of a decode more than a token each: those that are known already, of a
 * sequence that is computed again, and drafted ones.
 */
final class DraftedDecode {
  /** Known tokens of a pass beyond the first, which others of the pass wait for. */
  private static final int MOST_KNOWN = 8;

  private final Speculation speculation;
  private final List<Draft> drafts = new ArrayList<>();
  private final List<Sequence> drafting = new ArrayList<>();

  DraftedDecode(Speculation speculation) {
    this.speculation = speculation;
  }

  /** Lengthens the plans of a batch in which each sequence plans one token. */
  void plan(List<Sequence> batch) {
    if (batch.isEmpty() || batch.getFirst().suspect()) {
      return;
    }
    int pass = batch.size();
    for (int i = 0; i < batch.size(); i++) {
      Sequence sequence = batch.get(i);
      int room = Math.min(MOST_KNOWN, speculation.mostVerified() - pass);
      // The last known token comes in a pass of its own, since another is drawn after it.
      if (sequence.pending() > 2 && room > 0) {
        int known = Math.min(room, sequence.pending() - 2);
        sequence.plan(1 + known);
        pass += known;
      }
    }
    drafts.clear();
    drafting.clear();
    for (int i = 0; i < batch.size(); i++) {
      Sequence sequence = batch.get(i);
      if (sequence.pending() == 1) {
        draft(sequence, pass);
      }
    }
    speculation.choose(drafts, pass);
    drafting.forEach(Sequence::planDraft);
  }

  private void draft(Sequence sequence, int pass) {
    Draft draft = sequence.draft(speculation);
    int limit = sequence.tokensLeft() - 1;
    speculation.draft(draft, sequence.id(), sequence.tokens(), sequence.length(), limit, pass);
    drafts.add(draft);
    drafting.add(sequence);
  }

  /** Takes the drafted tokens from a batch's plans; returns whether there were any. */
  static boolean drop(List<Sequence> batch) {
    boolean any = false;
    for (int i = 0; i < batch.size(); i++) {
      any |= batch.get(i).dropDraft();
    }
    return any;
  }

  /** Learns from a pass. */
  void passed(List<Sequence> batch, long nanos) {
    int tokens = 0;
    for (int i = 0; i < batch.size(); i++) {
      tokens += batch.get(i).planned();
    }
    speculation.passed(tokens, nanos);
    for (int i = 0; i < batch.size(); i++) {
      batch.get(i).compareDraft(speculation);
    }
  }
}
