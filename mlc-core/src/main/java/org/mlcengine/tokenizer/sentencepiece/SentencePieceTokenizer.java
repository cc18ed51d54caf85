package org.mlcengine.tokenizer.sentencepiece;

import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import org.mlcengine.tokenizer.ByteList;
import org.mlcengine.tokenizer.CodePoints;
import org.mlcengine.tokenizer.IntList;
import org.mlcengine.tokenizer.SpecialTokens;
import org.mlcengine.tokenizer.StreamDecoder;
import org.mlcengine.tokenizer.Tokenizer;

/**
 * A tokenizer of SentencePiece. Control pieces are never found in a text, and contribute nothing to
 * a decoded one; user-defined pieces are found wherever the text spells them.
 */
final class SentencePieceTokenizer implements Tokenizer {
  private final PieceTable table;
  private final TextNormalizer normalizer;
  private final PieceModel model;
  private final PieceTexts texts;

  SentencePieceTokenizer(
      PieceTable table, TextNormalizer normalizer, PieceModel model, PieceTexts texts) {
    this.table = table;
    this.normalizer = normalizer;
    this.model = model;
    this.texts = texts;
  }

  @Override
  public int[] encode(String text, SpecialTokens special) {
    byte[] bytes = CodePoints.wellFormed(text).getBytes(StandardCharsets.UTF_8);
    ByteList normalized = normalizer.normalize(bytes);
    Ids ids = new Ids(normalized.array());
    model.split(normalized.array(), normalized.size(), ids);
    return ids.found.toArray();
  }

  @Override
  public String decode(int... ids) {
    return new PieceDecoder(texts).decode(ids);
  }

  /** Control pieces contribute nothing in any case; as in {@link #decode}, they end characters. */
  @Override
  public String decodeWithoutSpecialTokens(int... ids) {
    return decode(ids);
  }

  @Override
  public byte[] tokenBytes(int id) {
    int b = texts.byteOf(id);
    if (b >= 0) {
      return new byte[] {(byte) b};
    }
    return texts.has(id) ? texts.text(id).getBytes(StandardCharsets.UTF_8) : new byte[0];
  }

  @Override
  public int vocabSize() {
    return table.size();
  }

  @Override
  public OptionalInt idOf(String token) {
    byte[] bytes = token.getBytes(StandardCharsets.UTF_8);
    int id = table.find(bytes, 0, bytes.length);
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  @Override
  public boolean isSpecial(int id) {
    return texts.has(id) && table.type(id) == PieceType.CONTROL;
  }

  @Override
  public StreamDecoder streamDecoder() {
    return new PieceDecoder(texts);
  }

  /** Collects ids: unknown pieces become their bytes, or one id for all that follow each other. */
  private final class Ids implements PieceModel.Pieces {
    private final byte[] text;
    private final IntList found = new IntList();
    private boolean afterUnknown;

    Ids(byte[] text) {
      this.text = text;
    }

    @Override
    public void accept(int from, int to, int id) {
      boolean unknown = id == table.unknownId();
      int[] bytes = table.byteFallback();
      if (unknown && bytes.length > 0) {
        for (int i = from; i < to; i++) {
          found.add(bytes[text[i] & 0xFF]);
        }
      } else if (!unknown || !afterUnknown) {
        found.add(id);
      }
      afterUnknown = unknown;
    }
  }
}
