package org.mlcengine.tokenizer.huggingface;

import java.text.Normalizer;
import java.util.List;
import java.util.OptionalInt;
import org.mlcengine.tokenizer.CodePoints;
import org.mlcengine.tokenizer.IntList;
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
  private final List<Normalizer.Form> normalizers;
  private final List<PreTokenizer> preTokenizers;
  private final BytePairEncoder encoder;
  private final TokenTable tokens;

  HuggingFaceTokenizer(
      TokenTable tokens,
      List<Normalizer.Form> normalizers,
      List<PreTokenizer> preTokenizers,
      BytePairEncoder encoder) {
    this.tokens = tokens;
    this.normalizers = normalizers;
    this.preTokenizers = preTokenizers;
    this.encoder = encoder;
    for (AddedToken token : tokens.added()) {
      if (token.normalized()) {
        normalizedTokens.add(normalize(token.content()), token);
      } else {
        rawTokens.add(token.content(), token);
      }
    }
  }

  @Override
  public int[] encode(String text) {
    IntList found = new IntList();
    PreTokenizer.Pieces words = (piece, from, to) -> encoder.encode(piece, from, to, found);
    for (PreTokenizer preTokenizer : preTokenizers.reversed()) {
      PreTokenizer.Pieces inner = words;
      words = (piece, from, to) -> preTokenizer.split(piece, from, to, inner);
    }
    AddedTokenFinder.Parts plain = new Collector(found, words);
    rawTokens.split(CodePoints.wellFormed(text), new Normalizing(found, plain));
    return found.toArray();
  }

  @Override
  public String decode(int... ids) {
    StringBuilder text = new StringBuilder();
    Utf8StreamDecoder decoder = new Utf8StreamDecoder(this);
    for (int id : ids) {
      decoder.append(id, text);
    }
    decoder.finish(text);
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
    return new Utf8StreamDecoder(this);
  }

  private String normalize(String text) {
    String normalized = text;
    for (Normalizer.Form form : normalizers) {
      normalized = Normalizer.normalize(normalized, form);
    }
    return normalized;
  }

  /** Normalizes the text between raw tokens, and looks for normalized tokens in it. */
  private final class Normalizing implements AddedTokenFinder.Parts {
    private final IntList found;
    private final AddedTokenFinder.Parts next;

    Normalizing(IntList found, AddedTokenFinder.Parts next) {
      this.found = found;
      this.next = next;
    }

    @Override
    public void text(String text, int from, int to) {
      normalizedTokens.split(normalize(text.substring(from, to)), next);
    }

    @Override
    public void token(int id) {
      found.add(id);
    }
  }

  private record Collector(IntList found, PreTokenizer.Pieces words)
      implements AddedTokenFinder.Parts {
    @Override
    public void text(String text, int from, int to) {
      words.accept(text, from, to);
    }

    @Override
    public void token(int id) {
      found.add(id);
    }
  }
}
