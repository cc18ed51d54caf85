package org.mlcengine.tokenizer.huggingface;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.mlcengine.tokenizer.IntList;

/**
 * Byte pair encoding over characters: a word begins as the ids of its characters. A character
 * without a token becomes the tokens of its bytes where there are such tokens, or else the unknown
 * token.
 */
final class CharacterPairEncoder implements WordEncoder {
  /** What stands for a space in the vocabularies that came from SentencePiece. */
  private static final char SPACE = '\u2581';

  /**
   * How a model is set.
   *
   * @param unknownId the id of the unknown token; -1 if there is none, and then such characters are
   *     dropped
   * @param fusesUnknown whether neighbouring unknown characters are one token
   * @param byteIds the ids of the tokens {@code <0x00>} to {@code <0xFF>}, -1 where there is none;
   *     null if bytes have no tokens
   * @param prefix what a character's token begins with unless it begins the word
   * @param suffix what the token of a word's last character ends with
   * @param wholeWords whether a word that is a token is that token, whatever the merges say
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Settings(
      int unknownId,
      boolean fusesUnknown,
      int @Nullable [] byteIds,
      String prefix,
      String suffix,
      boolean wholeWords) {}

  private final Vocabulary vocabulary;
  private final MergeTable merges;
  private final Settings settings;
  private final boolean endsAtSpace;
  private final WordCache cache = new WordCache();

  CharacterPairEncoder(Vocabulary vocabulary, MergeTable merges, Settings settings) {
    this.vocabulary = vocabulary;
    this.merges = merges;
    this.settings = settings;
    this.endsAtSpace =
        settings.prefix().isEmpty()
            && settings.suffix().isEmpty()
            && vocabulary.id(String.valueOf(SPACE)) >= 0
            && !hasSpaceWithin(vocabulary);
  }

  /** Whether a token has a space behind another character. */
  private static boolean hasSpaceWithin(Vocabulary vocabulary) {
    for (int id = 0, end = vocabulary.endOfIds(); id < end; id++) {
      String token = vocabulary.token(id);
      int place = token == null ? -1 : token.lastIndexOf(SPACE);
      while (token != null && place > 0) {
        if (token.charAt(--place) != SPACE) {
          return true;
        }
      }
    }
    return false;
  }

  @Override
  public void encode(String text, int from, int to, IntList ids) {
    if (settings.wholeWords() && to - from <= vocabulary.longest()) {
      int id = vocabulary.id(text.substring(from, to));
      if (id >= 0) {
        ids.add(id);
        return;
      }
    }
    if (!endsAtSpace) {
      encodeWord(text, from, to, ids);
      return;
    }
    // No token reaches across the beginning of a space, so nothing merges there: the words between
    // give the same ids by themselves, and short ones are remembered.
    int begin = from;
    for (int i = from + 1; i < to; i++) {
      if (text.charAt(i) == SPACE && text.charAt(i - 1) != SPACE) {
        encodeWord(text, begin, i, ids);
        begin = i;
      }
    }
    encodeWord(text, begin, to, ids);
  }

  private void encodeWord(String text, int from, int to, IntList ids) {
    int[] known = cache.get(text, from, to);
    if (known == null) {
      String word = text.substring(from, to);
      int[] symbols = new Symbols(word).ids();
      known = Merging.merge(merges, symbols, symbols.length);
      cache.put(word, known);
    }
    ids.addAll(known);
  }

  /** The first ids of a word. */
  private final class Symbols {
    private final String word;
    private final IntList ids = new IntList();
    private boolean unknown;

    Symbols(String word) {
      this.word = word;
    }

    int[] ids() {
      char[] chars = word.toCharArray();
      boolean affixes = !settings.prefix().isEmpty() || !settings.suffix().isEmpty();
      for (int i = 0, end; i < chars.length; i = end) {
        end = i + Character.charCount(word.codePointAt(i));
        if (affixes) {
          String symbol = affixed(i, end);
          add(vocabulary.id(symbol), symbol);
        } else {
          int id = vocabulary.id(chars, i, end);
          add(id, id >= 0 ? "" : word.substring(i, end));
        }
      }
      addUnknown();
      return ids.toArray();
    }

    private String affixed(int from, int to) {
      String symbol = word.substring(from, to);
      if (from > 0) {
        symbol = settings.prefix() + symbol;
      }
      return to == word.length() ? symbol + settings.suffix() : symbol;
    }

    private void add(int id, String symbol) {
      if (id >= 0) {
        addUnknown();
        ids.add(id);
      } else if (!addBytes(symbol) && settings.unknownId() >= 0) {
        if (!settings.fusesUnknown()) {
          addUnknown();
        }
        unknown = true;
      }
    }

    /** Like the Hugging Face library, adds bytes before an unknown token that waits. */
    private boolean addBytes(String symbol) {
      int[] byteIds = settings.byteIds();
      if (byteIds == null) {
        return false;
      }
      byte[] bytes = symbol.getBytes(StandardCharsets.UTF_8);
      for (byte b : bytes) {
        if (byteIds[b & 0xFF] < 0) {
          return false;
        }
      }
      for (byte b : bytes) {
        ids.add(byteIds[b & 0xFF]);
      }
      return true;
    }

    private void addUnknown() {
      if (unknown) {
        ids.add(settings.unknownId());
        unknown = false;
      }
    }
  }
}
