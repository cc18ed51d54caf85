package org.mlcengine.conversation;

import java.util.List;

/**
 * A rendered conversation. The model gets the prefix ids, then the tokens of the text, which is
 * tokenized without adding special tokens; those that it spells out are recognised.
 *
 * @param prefixTokenIds the template's first tokens, where it has any; this is where a BOS comes
 *     from
 * @param text everything else
 */
public record Prompt(List<Integer> prefixTokenIds, String text) {
  /** Copies the list. */
  public Prompt {
    prefixTokenIds = List.copyOf(prefixTokenIds);
  }
}
