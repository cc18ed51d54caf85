package org.mlcengine.tokenizer.sentencepiece;

import java.io.IOException;
import java.nio.file.Path;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.tokenizer.CharsMap;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.TokenizerFile;

/**
 * Makes a tokenizer of a {@code tokenizer.model} of SentencePiece (its {@code ModelProto}), of each
 * of its types: Unigram, BPE, word and character.
 */
public final class SentencePieceReader {
  private static final int LARGEST_FILE = 64 << 20;
  private static final String TYPES = "UNIGRAM (1), BPE (2), WORD (3), CHAR (4)";

  private SentencePieceReader() {}

  /**
   * Reads a file.
   *
   * @throws ModelLoadException if it is malformed, or asks for something that is not supported
   */
  public static Tokenizer read(Path file) {
    byte[] bytes = TokenizerFile.read(file, LARGEST_FILE);
    try {
      ModelFile content = ModelFile.read(bytes);
      PieceTable table = new PieceTable(content);
      return new SentencePieceTokenizer(
          table, normalizer(content, table), model(file, content, table), texts(content, table));
    } catch (IOException e) {
      throw new ModelLoadException(
          "Expected "
              + file
              + " to be a model of SentencePiece, but it cannot be read: "
              + e.getMessage()
              + ". Download or convert the model again.",
          e);
    }
  }

  private static TextNormalizer normalizer(ModelFile content, PieceTable table) throws IOException {
    return new TextNormalizer(
        content.normalizer(),
        CharsMap.of(content.normalizer().charsMap()),
        table.userDefined(),
        content.whitespaceAsSuffix());
  }

  private static PieceModel model(Path file, ModelFile content, PieceTable table) {
    return switch ((int) content.modelType()) {
      case 1 -> new UnigramModel(table);
      case 2 -> new BpeModel(table);
      case 3 -> new WordModel(table);
      case 4 -> new CharModel(table);
      default ->
          throw TokenizerFile.unsupported(file, "the model_type " + content.modelType(), TYPES);
    };
  }

  private static PieceTexts texts(ModelFile content, PieceTable table) throws IOException {
    ModelFile.NormalizerSpec spec = content.denormalizer();
    CharsMap rules = CharsMap.of(spec.charsMap());
    boolean more =
        spec.addDummyPrefix() || spec.removeExtraWhitespaces() || spec.escapeWhitespaces();
    if (rules != CharsMap.EMPTY && more) {
      throw new IOException(
          "expected a denormalizer_spec that only replaces, found add_dummy_prefix,"
              + " remove_extra_whitespaces or escape_whitespaces");
    }
    return new PieceTexts(table, content, rules);
  }
}
