package org.mlcengine;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.mlcengine.protocol.CompletionLogprobs;
import org.mlcengine.protocol.Logprobs;
import org.mlcengine.sampling.TokenLogprobs;
import org.mlcengine.tokenizer.StreamDecoder;
import org.mlcengine.tokenizer.Tokenizer;

/** Writes the probabilities of tokens as OpenAI's two APIs have them. */
final class ReplyLogprobs {
  private final Tokenizer tokenizer;

  ReplyLogprobs(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /** Returns the probabilities of a chat reply's tokens. */
  Logprobs chat(List<TokenLogprobs> tokens) {
    return new Logprobs(tokens.stream().map(this::chat).toList());
  }

  private Logprobs.TokenLogprob chat(TokenLogprobs token) {
    byte[] bytes = tokenizer.tokenBytes(token.chosen().token());
    List<Logprobs.TopLogprob> top = new ArrayList<>(token.top().size());
    for (TokenLogprobs.Entry entry : token.top()) {
      byte[] other = tokenizer.tokenBytes(entry.token());
      top.add(new Logprobs.TopLogprob(text(other), entry.logprob(), other));
    }
    return new Logprobs.TokenLogprob(text(bytes), token.chosen().logprob(), bytes, top);
  }

  /** Returns the place at the start of a continuation. */
  Place start() {
    return new Place(tokenizer.streamDecoder());
  }

  /** A place in a continuation: how far its text is decoded. */
  static final class Place {
    private final StreamDecoder decoder;
    private int offset;

    private Place(StreamDecoder decoder) {
      this.decoder = decoder;
    }

    /** Goes on behind a token; returns where it begins, in code points. */
    private int pass(int token) {
      int start = offset;
      String text = decoder.append(token);
      offset += text.codePointCount(0, text.length());
      return start;
    }
  }

  /** Returns the probabilities of a continuation's next tokens, and goes on behind them. */
  CompletionLogprobs text(List<TokenLogprobs> tokens, Place place) {
    List<String> texts = new ArrayList<>();
    List<OptionalDouble> logprobs = new ArrayList<>();
    List<Map<String, Double>> tops = new ArrayList<>();
    List<Integer> offsets = new ArrayList<>();
    for (TokenLogprobs token : tokens) {
      texts.add(text(token.chosen()));
      logprobs.add(OptionalDouble.of(token.chosen().logprob()));
      if (!token.top().isEmpty()) {
        Map<String, Double> top = new LinkedHashMap<>();
        token.top().forEach(entry -> top.putIfAbsent(text(entry), (double) entry.logprob()));
        tops.add(top);
      }
      offsets.add(place.pass(token.chosen().token()));
    }
    return new CompletionLogprobs(texts, logprobs, tops, offsets);
  }

  private String text(TokenLogprobs.Entry entry) {
    return text(tokenizer.tokenBytes(entry.token()));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
