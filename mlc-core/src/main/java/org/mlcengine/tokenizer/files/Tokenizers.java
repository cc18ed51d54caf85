package org.mlcengine.tokenizer.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.huggingface.ByteLevelReader;
import org.mlcengine.tokenizer.huggingface.HuggingFaceReader;
import org.mlcengine.tokenizer.rwkv.RwkvReader;
import org.mlcengine.tokenizer.sentencepiece.SentencePieceReader;
import org.mlcengine.tokenizer.tiktoken.TiktokenReader;

/** Loads tokenizers. */
public final class Tokenizers {
  private static final String HUGGING_FACE = "tokenizer.json";
  private static final String MODEL = "tokenizer.model";
  private static final String MERGES = "merges.txt";
  private static final String VOCABULARY = "vocab.json";
  private static final List<String> BYTE_LEVEL = List.of(MERGES, VOCABULARY, "added_tokens.json");
  private static final String RWKV = "tokenizer_model";
  private static final Pattern OTHERS =
      Pattern.compile("rwkv_vocab_v.*\\.(txt|json)|.*\\.tiktoken|.*\\.model");
  private static final Pattern RWKV_LINE = Pattern.compile("\\d+ b?['\"].*", Pattern.DOTALL);
  private static final String OTHER_NAMES =
      "rwkv_vocab_v*.txt, rwkv_vocab_v*.json, *.tiktoken, merges.txt with vocab.json, *.model";
  private static final int BEGINNING = 4096;
  private static final int LISTED = 30;

  private Tokenizers() {}

  /**
   * Loads the tokenizer of a model folder, or one that is named by its file. Of several in a
   * folder, MLC's order decides: {@code tokenizer.json}, {@code tokenizer.model} (of SentencePiece,
   * or the ranks of tiktoken, which its content tells), {@code merges.txt} with {@code vocab.json}
   * and {@code added_tokens.json}, {@code tokenizer_model} (RWKV's vocabulary in MessagePack's
   * format). A folder without these may have one of {@code rwkv_vocab_v*.txt}, {@code
   * rwkv_vocab_v*.json}, {@code *.tiktoken}, {@code merges.txt} with {@code vocab.json}, and {@code
   * *.model}.
   *
   * @param path a folder or a file
   * @throws ModelLoadException if there is no tokenizer, or one that is malformed or not supported,
   *     or more than one of those that MLC does not know
   */
  public static Tokenizer load(Path path) {
    if (Files.isRegularFile(path)) {
      return readFile(path);
    }
    if (!Files.isDirectory(path)) {
      throw new ModelLoadException(
          "Expected a folder with a tokenizer, or the file of one, found neither at "
              + path.toAbsolutePath()
              + ". Check the path.");
    }
    if (has(path, HUGGING_FACE)) {
      return HuggingFaceReader.read(path.resolve(HUGGING_FACE));
    }
    if (has(path, MODEL)) {
      return readFile(path.resolve(MODEL));
    }
    if (BYTE_LEVEL.stream().allMatch(name -> has(path, name))) {
      return ByteLevelReader.read(path);
    }
    if (has(path, RWKV)) {
      return RwkvReader.readPacked(path.resolve(RWKV));
    }
    return readOther(path);
  }

  private static boolean has(Path folder, String name) {
    return Files.isRegularFile(folder.resolve(name));
  }

  /** Reads the only tokenizer of a folder that has none that MLC knows. */
  private static Tokenizer readOther(Path folder) {
    Set<String> names = names(folder);
    Set<String> found = new TreeSet<>(names);
    found.removeIf(name -> !OTHERS.matcher(name).matches());
    if (names.contains(MERGES) && names.contains(VOCABULARY)) {
      found.add(MERGES);
    }
    if (found.size() == 1) {
      return readFile(folder.resolve(found.iterator().next()));
    }
    if (found.isEmpty()) {
      throw new ModelLoadException(
          "Expected a tokenizer in %s, found none of %s, and none of %s. The folder holds %s. Copy the tokenizer files of the model into the folder."
              .formatted(
                  folder.toAbsolutePath(),
                  String.join(", ", HUGGING_FACE, MODEL, String.join(" with ", BYTE_LEVEL), RWKV),
                  OTHER_NAMES,
                  list(names)));
    }
    throw new ModelLoadException(
        "Expected one tokenizer in %s, found %s. Leave one of them in the folder, or name its file."
            .formatted(folder.toAbsolutePath(), String.join(", ", found)));
  }

  private static Set<String> names(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      Set<String> names = new TreeSet<>();
      files.filter(Files::isRegularFile).forEach(file -> names.add(name(file)));
      return names;
    } catch (IOException e) {
      throw new ModelLoadException(
          "Expected a folder that can be read at %s, found %s. Check its permissions."
              .formatted(folder.toAbsolutePath(), e),
          e);
    }
  }

  private static String list(Set<String> names) {
    if (names.isEmpty()) {
      return "no file";
    }
    String more = names.size() > LISTED ? " and " + (names.size() - LISTED) + " more" : "";
    return String.join(", ", names.stream().limit(LISTED).toList()) + more;
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }

  private static Tokenizer readFile(Path file) {
    Function<Path, Tokenizer> reader = reader(file);
    if (reader == null) {
      throw new ModelLoadException(
          "Expected %s to be a tokenizer of a kind that its name or its content tells, found none of %s, %s. Give it the name that it was published with."
              .formatted(
                  file, String.join(", ", HUGGING_FACE, MODEL, RWKV, VOCABULARY), OTHER_NAMES));
    }
    return reader.apply(file);
  }

  private static @Nullable Function<Path, Tokenizer> reader(Path file) {
    String name = name(file);
    if (name.equals(MERGES) || name.equals(VOCABULARY)) {
      return ignored -> ByteLevelReader.read(file.toAbsolutePath().resolveSibling(""));
    }
    if (name.equals(RWKV)) {
      return RwkvReader::readPacked;
    }
    if (name.endsWith(".json")) {
      return name.startsWith("rwkv_vocab") ? RwkvReader::readJson : HuggingFaceReader::read;
    }
    byte[] beginning = beginning(file);
    if (name.endsWith(".tiktoken") || TiktokenReader.matches(beginning)) {
      return TiktokenReader::read;
    }
    if (name.endsWith(".model")) {
      return SentencePieceReader::read;
    }
    if (name.startsWith("rwkv_vocab")) {
      return RwkvReader::readText;
    }
    return readerOfContent(beginning);
  }

  private static @Nullable Function<Path, Tokenizer> readerOfContent(byte[] beginning) {
    int first = beginning.length == 0 ? -1 : beginning[0] & 0xFF;
    if (first == '{') {
      return HuggingFaceReader::read;
    }
    // The first field of a model of SentencePiece is a piece.
    if (first == 0x0A) {
      return SentencePieceReader::read;
    }
    if (first >= 0x81) {
      return RwkvReader::readPacked;
    }
    return RWKV_LINE.matcher(new String(beginning, StandardCharsets.UTF_8)).matches()
        ? RwkvReader::readText
        : null;
  }

  private static byte[] beginning(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(BEGINNING);
    } catch (IOException e) {
      throw new ModelLoadException(
          "Expected %s to be a tokenizer, but it cannot be read: %s. Check its permissions."
              .formatted(file, e),
          e);
    }
  }
}
