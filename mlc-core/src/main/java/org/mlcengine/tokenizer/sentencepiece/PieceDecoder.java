package org.mlcengine.tokenizer.sentencepiece;

import java.nio.charset.StandardCharsets;
import org.mlcengine.tokenizer.StreamDecoder;

/**
 * Decodes pieces as SentencePiece does. Byte pieces in a row form characters, and each of them that
 * belongs to none becomes U+FFFD. The space that normalization put in front of a text is left out.
 */
final class PieceDecoder implements StreamDecoder {
  private static final char REPLACEMENT = '\uFFFD';
  private static final int LONGEST_CHARACTER = 4;

  private final PieceTexts texts;
  private final Replacer denormalizer;
  private final byte[] held = new byte[LONGEST_CHARACTER];
  private int heldCount;
  private boolean begun;
  private StringBuilder decoded = new StringBuilder();

  PieceDecoder(PieceTexts texts) {
    this.texts = texts;
    this.denormalizer = new Replacer(texts.denormalization());
  }

  @Override
  public String append(int id) {
    add(id);
    String text = denormalizer.append(decoded.toString());
    decoded.setLength(0);
    return text;
  }

  @Override
  public String finish() {
    giveUpHeld();
    String text = denormalizer.append(decoded.toString()) + denormalizer.finish();
    decoded = new StringBuilder();
    begun = false;
    return text;
  }

  /** Returns the text of all the ids, and begins anew. */
  String decode(int... ids) {
    for (int id : ids) {
      add(id);
    }
    return finish();
  }

  private void add(int id) {
    int b = texts.byteOf(id);
    if (b >= 0) {
      held[heldCount++] = (byte) b;
      begun = true;
      giveCharacters();
    } else if (texts.has(id)) {
      giveUpHeld();
      addPiece(id);
    }
  }

  private void addPiece(int id) {
    boolean strip = !begun && texts.stripsFirstSpace() && texts.startsWithSpace(id);
    String text = texts.text(id);
    int from = strip ? 1 : 0;
    decoded.append(text, from, text.length());
    begun |= from < text.length() || (strip && !texts.stripsAllSpaces());
  }

  /** Gives out what is certain of the bytes that are held. */
  private void giveCharacters() {
    while (heldCount > 0) {
      int length = Utf8.length(held, heldCount);
      if (length == Utf8.INCOMPLETE) {
        return;
      }
      if (length == Utf8.MALFORMED) {
        decoded.append(REPLACEMENT);
        drop(1);
      } else {
        decoded.append(new String(held, 0, length, StandardCharsets.UTF_8));
        drop(length);
      }
    }
  }

  private void giveUpHeld() {
    while (heldCount > 0) {
      decoded.append(REPLACEMENT);
      heldCount--;
    }
  }

  private void drop(int count) {
    heldCount -= count;
    System.arraycopy(held, count, held, 0, heldCount);
  }
}
