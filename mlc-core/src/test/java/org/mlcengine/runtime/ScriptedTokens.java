package org.mlcengine.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Texts in which each token depends on all before it, so that none goes missing unseen. */
public record ScriptedTokens(int vocabulary) {
  /** Returns the token that follows others. */
  public int next(List<Integer> tokens) {
    return Math.floorMod(tokens.hashCode(), vocabulary);
  }

  /** Returns so many tokens that follow a prompt. */
  public List<Integer> after(int count, int... prompt) {
    List<Integer> tokens = new ArrayList<>(IntStream.of(prompt).boxed().toList());
    for (int i = 0; i < count; i++) {
      tokens.add(next(tokens));
    }
    return tokens.subList(prompt.length, tokens.size());
  }
}
