package org.mlcengine.sampling;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.EngineFailedException;
import org.mlcengine.errors.InvalidRequestException;

/**
 * Draws the tokens of one sequence, in the steps and with the numbers of MLC's CPU sampler, to
 * which top-k and min-p are added:
 *
 * <ol>
 *   <li>bias: {@code l[id] += bias[id]}
 *   <li>penalties, for each token generated so far (those of the prompt do not count): {@code l -=
 *       presence + count * frequency}, then {@code l = l < 0 ? l * repetition : l / repetition}
 *   <li>mask: a token that is not allowed gets negative infinity
 *   <li>temperature: {@code p = softmax(l / temperature)}. A temperature of at most 1e-5 is greedy:
 *       it takes the first of the largest logits, and the steps that follow change nothing
 *   <li>top-k: the k largest p stay, with all that are as large as the last of them
 *   <li>min-p: those below {@code minP * max(p)} go
 *   <li>top-p: what is left is divided by its sum; the largest stay until their sum reaches {@code
 *       topP - 1e-5}, with all that are as large as the last of them
 *   <li>draw: what is left is divided by its sum; with u from {@link Mt19937#nextDouble()}, the
 *       first token, in the order of ids, at which the cumulative sum reaches u. Every draw, also a
 *       greedy one, takes one u
 * </ol>
 *
 * <p>So a sequence of logits and a seed determine the tokens, whatever else is in the batch.
 * Arithmetic is in float32 with sums in float64, on any machine the same.
 *
 * <p>Keeps its buffers: a draw allocates nothing once they are large enough. Not safe for use by
 * several threads at once.
 */
public final class Sampler {
  /** The largest number of alternatives that {@link #logprobs} gives. */
  public static final int MAX_TOP_LOGPROBS = 20;

  private static final int NONE = -1;

  private final SamplingParams params;
  private final int vocabSize;
  private final Mt19937 random;
  private final int[] biasIds;
  private final float[] biases;
  private final TokenCounts generated = new TokenCounts();
  private @Nullable Buffers buffers;
  private int drawn = NONE;
  private boolean weighed;

  /** What draws need: tens of kilobytes, so that a sequence that waits for a place has none. */
  private record Buffers(Row row, Largest largest, Exponentials exponentials, Cut cut) {
    Buffers(SamplingParams params, int vocabSize) {
      this(new Row(), new Largest(), new Exponentials(), new Cut(params, vocabSize));
    }
  }

  /**
   * Creates a sampler for one sequence.
   *
   * @param vocabSize ids from this one on, padding of the model's output, are never drawn
   * @param random the sequence's own numbers; a seeded one repeats its draws
   * @throws InvalidRequestException if the bias names an id outside the vocabulary
   */
  public Sampler(SamplingParams params, int vocabSize, Mt19937 random) {
    if (vocabSize < 1) {
      throw new IllegalArgumentException("Expected a vocabulary of at least 1, found " + vocabSize);
    }
    this.params = params;
    this.vocabSize = vocabSize;
    this.random = random;
    biasIds = new int[params.logitBias().size()];
    biases = new float[biasIds.length];
    int i = 0;
    for (Map.Entry<Integer, Double> entry : params.logitBias().entrySet()) {
      if (entry.getKey() < 0 || entry.getKey() >= vocabSize) {
        throw new InvalidRequestException(
            "logit_bias",
            "expected token ids from 0 to %d, found %d".formatted(vocabSize - 1, entry.getKey()));
      }
      biasIds[i] = entry.getKey();
      biases[i++] = entry.getValue().floatValue();
    }
  }

  /** Draws the next token from all that the vocabulary has, as the other method does. */
  public int sample(MemorySegment logits) {
    return sample(logits, null);
  }

  /**
   * Draws the next token. Does not count it: {@link #accept} does.
   *
   * @param logits float32, at least the vocabulary's size; overwritten
   * @param allowed int32 [ceil(vocabulary / 32)], or null if all tokens are allowed; bit j of word
   *     i says whether id 32 i + j is, j counted from the least significant bit. Bits from the
   *     vocabulary's size on are not looked at
   * @return an id below the vocabulary's size
   * @throws EngineFailedException if no token is allowed, or the logit of one that is allowed is
   *     NaN, or all of theirs are negative infinity
   * @throws IllegalArgumentException if there are fewer logits or bits than the vocabulary has
   *     tokens
   */
  public int sample(MemorySegment logits, @Nullable MemorySegment allowed) {
    requireRoom(logits, vocabSize, "float32 logits");
    drawn = NONE;
    weighed = false;
    double uniform = random.nextDouble();
    bias(logits);
    penalize(logits);
    Buffers now = buffers == null ? new Buffers(params, vocabSize) : buffers;
    buffers = now;
    Row row = now.row;
    mask(logits, allowed, row);
    int best = now.largest.find(row);
    float max = now.largest.max();
    if (best == Largest.NONE || Float.isNaN(max)) {
      throw unusable(
          best == Largest.NONE
              ? "all %d logits are negative infinity".formatted(row.size())
              : "logit %d of %d is NaN".formatted(row.id(best), vocabSize));
    }
    if (params.greedy() || max == Float.POSITIVE_INFINITY) {
      drawn = best;
      return row.id(best);
    }
    double sum = now.exponentials.overwrite(row, max, params.temperature(), now.cut.sums());
    drawn = now.cut.draw(row, sum, uniform);
    weighed = true;
    return now.cut.kept().id(drawn);
  }

  /**
   * Returns how probable the token of the last {@link #sample} was. The logits that it was drawn
   * from are read again, and overwritten: call this before they are used for anything else.
   *
   * <p>The probabilities are those that the draw went by, after every step above, as MLC has them:
   * a token that top-k, min-p, top-p or the mask took out has none. Such tokens are not listed, so
   * that there can be fewer than {@code top}. A greedy draw goes by the probabilities 1 and 0,
   * which tell nothing about the model: here they are those of temperature 1, after bias, penalties
   * and mask, and nothing is cut. A probability below 1e-10 counts as 1e-10, as in MLC.
   *
   * @param top how many of the most probable tokens to list, 0 to {@value #MAX_TOP_LOGPROBS}
   * @throws InvalidRequestException if {@code top} is out of its range
   * @throws IllegalStateException if no token was drawn
   */
  public TokenLogprobs logprobs(int top) {
    if (top < 0 || top > MAX_TOP_LOGPROBS) {
      throw new InvalidRequestException(
          "top_logprobs",
          "expected a count from 0 to %d, found %d".formatted(MAX_TOP_LOGPROBS, top));
    }
    Buffers now = buffers;
    if (now == null || drawn == NONE) {
      throw new IllegalStateException("No token was drawn; call sample first.");
    }
    Ranking ranking = new Ranking(top);
    Row row = now.row;
    Cut cut = now.cut;
    if (!weighed && now.largest.max() == Float.POSITIVE_INFINITY) {
      ranking.add(row.id(drawn), 1);
      return new TokenLogprobs(Ranking.entry(row.id(drawn), 1, 1), ranking.entries(1));
    }
    if (!weighed) {
      cut.keepAll(row, now.exponentials.overwrite(row, now.largest.max(), 1, cut.sums()));
      weighed = true;
    }
    Row kept = cut.kept();
    ranking.addAll(kept, cut.smallest());
    return new TokenLogprobs(
        Ranking.entry(kept.id(drawn), kept.value(drawn), cut.mass()), ranking.entries(cut.mass()));
  }

  /** Counts a token as generated; the penalties of later draws see it. */
  public void accept(int token) {
    Objects.checkIndex(token, vocabSize);
    if (params.penalizes()) {
      generated.add(token);
    }
  }

  private void bias(MemorySegment logits) {
    for (int i = 0; i < biasIds.length; i++) {
      float logit = logits.getAtIndex(JAVA_FLOAT, biasIds[i]);
      logits.setAtIndex(JAVA_FLOAT, biasIds[i], logit + biases[i]);
    }
  }

  private void penalize(MemorySegment logits) {
    if (!params.penalizes()) {
      return;
    }
    float presence = (float) params.presencePenalty();
    float frequency = (float) params.frequencyPenalty();
    float repetition =
        Math.clamp((float) params.repetitionPenalty(), Float.MIN_VALUE, Float.MAX_VALUE);
    for (int slot = 0; slot < generated.slots(); slot++) {
      int token = generated.token(slot);
      if (token >= 0) {
        float logit = logits.getAtIndex(JAVA_FLOAT, token);
        logit -= presence + generated.count(slot) * frequency;
        logit = logit < 0 ? logit * repetition : logit / repetition;
        logits.setAtIndex(JAVA_FLOAT, token, logit);
      }
    }
  }

  private void mask(MemorySegment logits, @Nullable MemorySegment allowed, Row row) {
    if (allowed == null) {
      row.view(logits, vocabSize);
      return;
    }
    requireRoom(allowed, Mask.words(vocabSize), "words of allowed tokens");
    if (Mask.apply(logits, vocabSize, allowed, row) == 0) {
      throw new EngineFailedException(
          "Expected a token that the grammar allows, found that it allows none of the %d. It has come"
                  .formatted(vocabSize)
              + " to a dead end: change the schema or the grammar so that each beginning of a text"
              + " can be completed with the model's tokens.");
    }
  }

  private static void requireRoom(MemorySegment segment, int count, String what) {
    if (segment.byteSize() < 4L * count) {
      throw new IllegalArgumentException(
          "Expected at least %d %s, found %d bytes".formatted(count, what, segment.byteSize()));
    }
  }

  private static EngineFailedException unusable(String found) {
    return new EngineFailedException(
        "Expected logits to draw from, found that "
            + found
            + ". The weights or the model library are damaged, or computed in too narrow a type;"
            + " check the model's files, or convert the model again.");
  }
}
