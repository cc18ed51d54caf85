package org.mlcengine.generation;

import java.util.Collection;
import java.util.Set;
import org.mlcengine.tokenizer.StreamDecoder;

/**
 * Turns the ids of a reply into its text, up to what stops it. Neither a stop id nor a stop string
 * is part of the text; what stands before a stop string in the same token is. One object serves one
 * reply and one thread.
 */
public final class ReplyText {
  /**
   * What an id did to a reply, or its end.
   *
   * @param text the text that became certain
   * @param tokens how many ids have had their text given out now, counted from the first that had
   *     not; one that a stop string cuts is among them, what lies behind it never is
   * @param stopped whether the reply ends here
   */
  public record Piece(String text, int tokens, boolean stopped) {}

  private final StreamDecoder decoder;
  private final StopStrings stopStrings;
  private final Set<Integer> stopIds;
  private final TokenSpans spans = new TokenSpans();
  private boolean stopped;

  /**
   * Starts a reply.
   *
   * @param decoder a fresh decoder
   * @param stopStrings strings that end the reply
   * @param stopIds ids that end the reply
   */
  public ReplyText(StreamDecoder decoder, StopAutomaton stopStrings, Collection<Integer> stopIds) {
    this.decoder = decoder;
    this.stopStrings = new StopStrings(stopStrings);
    this.stopIds = Set.copyOf(stopIds);
  }

  /**
   * Takes the next id of the reply.
   *
   * @throws IllegalStateException if the reply has stopped or was finished
   */
  public Piece accept(int id) {
    requireOpen();
    if (stopIds.contains(id)) {
      return finish();
    }
    String decoded = decoder.append(id);
    spans.add(decoded.length());
    String text = stopStrings.append(decoded);
    stopped = stopStrings.matched();
    int tokens = stopped ? spans.giveLast(text.length()) : spans.give(text.length());
    return new Piece(text, tokens, stopped);
  }

  /**
   * Ends a reply that nothing has stopped, for example at its limit, and gives out what was held
   * back.
   *
   * @throws IllegalStateException if the reply has stopped or was finished
   */
  public Piece finish() {
    requireOpen();
    stopped = true;
    String text = stopStrings.append(decoder.finish()) + stopStrings.finish();
    return new Piece(text, spans.giveAll(), true);
  }

  private void requireOpen() {
    if (stopped) {
      throw new IllegalStateException("The reply has ended; start a new ReplyText.");
    }
  }
}
