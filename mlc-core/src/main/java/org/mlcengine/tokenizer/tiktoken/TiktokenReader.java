package org.mlcengine.tokenizer.tiktoken;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.TokenizerFile;

/**
 * Makes a tokenizer of a file of ranks, such as {@code qwen.tiktoken} or the {@code
 * tokenizer.model} of Llama 3. The file does not say how text is split into words; that is known of
 * the published encodings, and which one it is follows from the file's digest, from the type of the
 * tokenizer or model in {@code tokenizer_config.json}, {@code config.json} or {@code
 * mlc-chat-config.json} beside it, from its name, or from the number of its ranks.
 */
public final class TiktokenReader {
  private static final int LARGEST_FILE = 64 << 20;
  private static final int LARGEST_ID = 1 << 22;
  private static final String TOKENIZER_CONFIG = "tokenizer_config.json";
  private static final JsonMapper JSON = new JsonMapper();

  private final Path file;
  private final Ranks ranks;

  private TiktokenReader(Path file, Ranks ranks) {
    this.file = file;
    this.ranks = ranks;
  }

  /** Returns whether the content is that of a file of ranks, as far as its first line tells. */
  public static boolean matches(byte[] content) {
    return Ranks.matches(content);
  }

  /**
   * Reads a file, and the special tokens in {@code tokenizer_config.json} beside it, if it is
   * there.
   *
   * @throws ModelLoadException if the file is malformed, or nothing tells its encoding
   */
  public static Tokenizer read(Path file) {
    byte[] content = TokenizerFile.read(file, LARGEST_FILE);
    try {
      TiktokenReader reader = new TiktokenReader(file, Ranks.read(content));
      TiktokenEncoding encoding = reader.encoding(digest(content));
      SpecialTable specials = new SpecialTable(reader.specials(encoding));
      return new TiktokenTokenizer(reader.ranks, specials, encoding.words());
    } catch (IOException e) {
      throw new ModelLoadException(
          "Expected "
              + file
              + " to be a file of tiktoken's ranks, but it cannot be read: "
              + e.getMessage()
              + ". Download or convert the model again.",
          e);
    }
  }

  private static String digest(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private TiktokenEncoding encoding(String digest) {
    return TiktokenEncoding.ofDigest(digest)
        .or(() -> told(TOKENIZER_CONFIG, "tokenizer_class", TiktokenEncoding::ofTokenizerClass))
        .or(() -> told("config.json", "model_type", TiktokenEncoding::ofModelType))
        .or(() -> told("mlc-chat-config.json", "model_type", TiktokenEncoding::ofModelType))
        .or(() -> TiktokenEncoding.ofFileName(name()))
        .or(() -> TiktokenEncoding.ofSize(ranks.count()))
        .orElseThrow(this::unknown);
  }

  private ModelLoadException unknown() {
    String known =
        Arrays.stream(TiktokenEncoding.values())
            .map(TiktokenEncoding::label)
            .collect(Collectors.joining(", "));
    return new ModelLoadException(
        ("Expected to know how %s splits text, which follows from its content, its name, the"
                + " number of its ranks, or the tokenizer_class in %s or the model_type in"
                + " config.json beside it; found %d ranks that belong to no known encoding (%s)."
                + " Name the file after its encoding, or export the tokenizer as tokenizer.json"
                + " into the same folder.")
            .formatted(file, TOKENIZER_CONFIG, ranks.count(), known));
  }

  private Optional<TiktokenEncoding> told(
      String config, String field, Function<String, Optional<TiktokenEncoding>> encoding) {
    return encoding.apply(config(config).path(field).asText(""));
  }

  private JsonNode config(String name) {
    Path config = file.resolveSibling(name);
    if (!Files.isRegularFile(config)) {
      return JSON.missingNode();
    }
    try {
      return JSON.readTree(TokenizerFile.read(config, LARGEST_FILE));
    } catch (IOException e) {
      throw new ModelLoadException(
          "Expected %s to be JSON, but it cannot be read: %s. Download or convert the model again."
              .formatted(config, e.getMessage()),
          e);
    }
  }

  private List<SpecialTable.Token> specials(TiktokenEncoding encoding) throws IOException {
    JsonNode told = config(TOKENIZER_CONFIG).path("added_tokens_decoder");
    List<SpecialTable.Token> tokens = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : told.properties()) {
      tokens.add(special(entry.getKey(), entry.getValue()));
    }
    if (tokens.isEmpty()) {
      encoding
          .specials(ranks.count())
          .forEach((text, id) -> tokens.add(new SpecialTable.Token(id, text, true)));
    }
    return tokens;
  }

  private SpecialTable.Token special(String id, JsonNode node) throws IOException {
    String text = node.path("content").asText("");
    int number = id.matches("\\d{1,7}") ? Integer.parseInt(id) : -1;
    if (number < 0 || number > LARGEST_ID || text.isEmpty()) {
      throw new IOException("expected ids and contents as added tokens, found " + id + ": " + node);
    }
    Optional<String> option =
        Stream.of("lstrip", "rstrip", "single_word")
            .filter(name -> node.path(name).asBoolean())
            .findFirst();
    if (option.isPresent()) {
      throw TokenizerFile.unsupported(
          file.resolveSibling(TOKENIZER_CONFIG),
          "the added token '" + text + "' with " + option.get(),
          "added tokens without lstrip, rstrip and single_word");
    }
    byte[] rank = ranks.token(number);
    if (rank.length > 0 && ranks.trie().find(text.getBytes(StandardCharsets.UTF_8)) != number) {
      throw new IOException("expected ids without ranks as added tokens, found " + id);
    }
    return new SpecialTable.Token(number, text, node.path("special").asBoolean());
  }

  private String name() {
    return String.valueOf(file.getFileName());
  }
}
