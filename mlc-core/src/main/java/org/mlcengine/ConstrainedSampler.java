package org.mlcengine;

import java.lang.foreign.MemorySegment;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.mlcengine.grammar.CompiledGrammar;
import org.mlcengine.grammar.TokenMatcher;
import org.mlcengine.sampling.Sampler;
import org.mlcengine.sampling.TokenLogprobs;

/** Draws the tokens of one reply, within its grammar if it has one. */
final class ConstrainedSampler implements ReplySampler {
  private final Sampler sampler;
  private final @Nullable CompiledGrammar grammar;
  private final OptionalInt topLogprobs;
  private @Nullable TokenMatcher matcher;
  private @Nullable TokenLogprobs logprobs;

  /**
   * Creates a sampler.
   *
   * @param grammar what the reply must be, or null for any text; closed with this
   * @param topLogprobs how many of the likeliest tokens to tell; empty to tell no probabilities
   */
  ConstrainedSampler(Sampler sampler, @Nullable CompiledGrammar grammar, OptionalInt topLogprobs) {
    this.sampler = sampler;
    this.grammar = grammar;
    this.topLogprobs = topLogprobs;
  }

  @Override
  public int sample(MemorySegment logits) {
    if (matcher == null && grammar != null) {
      // Only the thread that makes a matcher may use it.
      matcher = grammar.newMatcher();
    }
    int token = sampler.sample(logits, matcher == null ? null : matcher.mask());
    logprobs = topLogprobs.isPresent() ? sampler.logprobs(topLogprobs.getAsInt()) : null;
    sampler.accept(token);
    if (matcher != null && !matcher.accept(token)) {
      throw new IllegalStateException("The grammar refuses token " + token + ", which it allowed");
    }
    return token;
  }

  @Override
  public @Nullable TokenLogprobs logprobs() {
    return logprobs;
  }

  @Override
  public void close() {
    if (matcher != null) {
      matcher.close();
    }
    if (grammar != null) {
      grammar.close();
    }
  }
}
