package org.mlcengine.tokenizer.files;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.huggingface.HuggingFaceReader;

/** Loads tokenizers. */
public final class Tokenizers {
  private static final String HUGGING_FACE = "tokenizer.json";
  private static final String SENTENCE_PIECE = "tokenizer.model";
  private static final List<String> BYTE_LEVEL =
      List.of("merges.txt", "vocab.json", "added_tokens.json");
  private static final String RWKV = "tokenizer_model";

  private Tokenizers() {}

  /**
   * Loads the tokenizer of a model folder. Of several, MLC's order decides: {@code tokenizer.json},
   * {@code tokenizer.model}, {@code merges.txt} with {@code vocab.json} and {@code
   * added_tokens.json}, {@code tokenizer_model}. Only {@code tokenizer.json} with byte-level byte
   * pair encoding is supported.
   *
   * @throws ModelLoadException if the folder has no tokenizer, or has one that is malformed or not
   *     supported
   */
  public static Tokenizer load(Path folder) {
    if (Files.isRegularFile(folder.resolve(HUGGING_FACE))) {
      return HuggingFaceReader.read(folder.resolve(HUGGING_FACE));
    }
    if (Files.isRegularFile(folder.resolve(SENTENCE_PIECE))) {
      throw unsupported(folder.resolve(SENTENCE_PIECE), "SentencePiece");
    }
    if (BYTE_LEVEL.stream().map(folder::resolve).allMatch(Files::isRegularFile)) {
      throw unsupported(folder.resolve(BYTE_LEVEL.get(0)), "separate vocabulary and merges");
    }
    if (Files.isRegularFile(folder.resolve(RWKV))) {
      throw unsupported(folder.resolve(RWKV), "RWKV");
    }
    throw new ModelLoadException(
        "Expected a tokenizer in "
            + folder.toAbsolutePath()
            + ", found none of "
            + String.join(
                ", ", HUGGING_FACE, SENTENCE_PIECE, String.join(" with ", BYTE_LEVEL), RWKV)
            + ". Copy the tokenizer files of the model into the folder.");
  }

  private static ModelLoadException unsupported(Path file, String kind) {
    return new ModelLoadException(
        "Expected a tokenizer.json beside "
            + file
            + ", because tokenizers of the kind '"
            + kind
            + "' are not supported. Export the tokenizer as tokenizer.json into the same folder.");
  }
}
