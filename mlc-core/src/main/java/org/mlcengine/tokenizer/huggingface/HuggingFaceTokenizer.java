package org.mlcengine.tokenizer.huggingface;

import java.util.List;
import java.util.OptionalInt;
import org.mlcengine.tokenizer.CodePoints;
import org.mlcengine.tokenizer.IntList;
import org.mlcengine.tokenizer.SpecialTokens;
import org.mlcengine.tokenizer.StreamDecoder;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.Utf8StreamDecoder;

/**
 * A tokenizer of the Hugging Face library: added tokens are found first, the text between them is
 * normalized, split into words, and each word encoded.
 */
final class HuggingFaceTokenizer implements Tokenizer {
  private final AddedTokenFinder rawTokens = new AddedTokenFinder();
  private final AddedTokenFinder normalizedTokens = new AddedTokenFinder();
  private final Normalization normalization;
  private final List<PreTokenizer> preTokenizers;
  private final WordEncoder encoder;
  private final PostProcessor processor;
  private final TokenTable tokens;

  HuggingFaceTokenizer(
      TokenTable tokens,
      Normalization normalization,
      List<PreTokenizer> preTokenizers,
      WordEncoder encoder,
      PostProcessor processor) {
    this.tokens = tokens;
    this.normalization = normalization;
    this.preTokenizers = preTokenizers;
    this.encoder = encoder;
    this.processor = processor;
    for (AddedToken token : tokens.added()) {
      String pattern = tokens.textOf(token);
      if (!pattern.isEmpty()) {
        (token.normalized() ? normalizedTokens : rawTokens).add(pattern, token);
      }
    }
  }

  @Override
  public int[] encode(String text, SpecialTokens special) {
    boolean recognizes = special == SpecialTokens.RECOGNIZED;
    Encoding encoding = new Encoding(recognizes);
    rawTokens.split(CodePoints.wellFormed(text), recognizes, encoding);
    return encoding.ids.toArray();
  }

  @Override
  public int[] encodeWithSpecialTokens(String text) {
    return processor.process(encode(text));
  }

  @Override
  public String decode(int... ids) {
    StringBuilder text = new StringBuilder();
    if (tokens.decoder().isBytes()) {
      Utf8StreamDecoder decoder = new Utf8StreamDecoder(this);
      for (int id : ids) {
        decoder.append(id, text);
      }
      decoder.finish(text);
      return text.toString();
    }
    DecoderStep.Tokens chain = tokens.decoder().begin(text);
    for (int id : ids) {
      String token = tokens.text(id);
      if (token != null) {
        chain.accept(token);
      }
    }
    chain.finish();
    return text.toString();
  }

  @Override
  public byte[] tokenBytes(int id) {
    return tokens.bytes(id);
  }

  @Override
  public int vocabSize() {
    return tokens.size();
  }

  @Override
  public OptionalInt idOf(String token) {
    return tokens.idOf(token);
  }

  @Override
  public boolean isSpecial(int id) {
    return tokens.isSpecial(id);
  }

  @Override
  public StreamDecoder streamDecoder() {
    return tokens.decoder().isBytes()
        ? new Utf8StreamDecoder(this)
        : new ChainStreamDecoder(tokens);
  }

  /** The ids of a text, as they are found. */
  private final class Encoding implements AddedTokenFinder.Parts {
    private final IntList ids = new IntList();
    private final boolean recognizes;
    private final PreTokenizer.Pieces words;

    Encoding(boolean recognizes) {
      this.recognizes = recognizes;
      PreTokenizer.Pieces pieces = new Words(encoder, ids);
      for (PreTokenizer preTokenizer : preTokenizers.reversed()) {
        pieces = new Stage(preTokenizer, pieces);
      }
      this.words = pieces;
    }

    /** Normalizes the text between raw tokens, and looks for normalized tokens in it. */
    @Override
    public void text(String text, int from, int to) {
      String normalized = normalization.normalize(text.substring(from, to));
      normalizedTokens.split(normalized, recognizes, new Normalized(from == 0, ids, words));
    }

    @Override
    public void token(int id) {
      ids.add(id);
    }
  }

  private record Normalized(boolean start, IntList ids, PreTokenizer.Pieces words)
      implements AddedTokenFinder.Parts {
    @Override
    public void text(String text, int from, int to) {
      words.accept(text, from, to, start && from == 0);
    }

    @Override
    public void token(int id) {
      ids.add(id);
    }
  }

  private record Stage(PreTokenizer preTokenizer, PreTokenizer.Pieces next)
      implements PreTokenizer.Pieces {
    @Override
    public void accept(String text, int from, int to, boolean start) {
      preTokenizer.split(text, from, to, start, next);
    }
  }

  private record Words(WordEncoder encoder, IntList ids) implements PreTokenizer.Pieces {
    @Override
    public void accept(String text, int from, int to, boolean start) {
      encoder.encode(text, from, to, ids);
    }
  }
}
