package org.mlcengine.tokenizer.rwkv;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.tokenizer.ByteTrie;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.TokenizerFile;

/** Makes a tokenizer of a file with RWKV's World vocabulary, in each of its forms. */
public final class RwkvReader {
  private static final int LARGEST_FILE = 64 << 20;
  private static final int LARGEST_ID = 1 << 20;
  private static final int LONGEST = 1024;
  private static final int BYTES = 256;

  private byte[][] tokens = new byte[1 << 10][];
  private int end;

  private RwkvReader() {}

  /**
   * Reads a {@code tokenizer_model}: a map from ids to bytes in MessagePack's format.
   *
   * @throws ModelLoadException if it is malformed
   */
  public static Tokenizer readPacked(Path file) {
    return read(file, (reader, bytes) -> PackedMap.read(bytes, reader::add));
  }

  /**
   * Reads a {@code rwkv_vocab_v*.txt}: in each line an id, the token as Python writes strings or
   * bytes, and the number of its bytes.
   *
   * @throws ModelLoadException if it is malformed
   */
  public static Tokenizer readText(Path file) {
    return read(file, RwkvReader::addLines);
  }

  /**
   * Reads a {@code rwkv_vocab_v*.json}: an object with tokens as names and ids as values, or with
   * ids as names and as values strings or arrays of bytes.
   *
   * @throws ModelLoadException if it is malformed
   */
  public static Tokenizer readJson(Path file) {
    return read(file, RwkvReader::addMembers);
  }

  private interface Format {
    void read(RwkvReader reader, byte[] bytes) throws IOException;
  }

  private static Tokenizer read(Path file, Format format) {
    byte[] bytes = TokenizerFile.read(file, LARGEST_FILE);
    RwkvReader reader = new RwkvReader();
    try {
      format.read(reader, bytes);
      return reader.tokenizer();
    } catch (IOException e) {
      throw new ModelLoadException(
          "Expected "
              + file
              + " to be a vocabulary of RWKV, but it cannot be read: "
              + e.getMessage()
              + ". Download or convert the model again.",
          e);
    }
  }

  private Tokenizer tokenizer() throws IOException {
    byte[][] all = Arrays.copyOf(tokens, end);
    Arrays.setAll(all, id -> all[id] == null ? new byte[0] : all[id]);
    ByteTrie trie = RwkvTokenizer.trie(all);
    for (int b = 0; b < BYTES; b++) {
      if (trie.find(new byte[] {(byte) b}) < 0) {
        throw new IOException("expected a token for every byte, found none for byte " + b);
      }
    }
    for (int id = 0; id < end; id++) {
      if (all[id].length > 0 && trie.find(all[id]) != id) {
        throw new IOException("expected each token once, found that of " + id + " twice");
      }
    }
    return new RwkvTokenizer(all, trie);
  }

  private void add(long id, byte[] token) throws IOException {
    if (id < 0 || id > LARGEST_ID) {
      throw new IOException("expected ids from 0 to " + LARGEST_ID + ", found " + id);
    }
    if (token.length == 0 || token.length > LONGEST) {
      throw new IOException(
          "expected tokens of 1 to %d bytes, found %d bytes with the id %d"
              .formatted(LONGEST, token.length, id));
    }
    int index = (int) id;
    if (index >= tokens.length) {
      tokens = Arrays.copyOf(tokens, Math.max(2 * tokens.length, index + 1));
    }
    if (tokens[index] != null) {
      throw new IOException("expected one token per id, found two with the id " + id);
    }
    tokens[index] = token;
    end = Math.max(end, index + 1);
  }

  private void addLines(byte[] bytes) throws IOException {
    int number = 0;
    for (String line : new String(bytes, StandardCharsets.UTF_8).split("\r?\n")) {
      number++;
      int first = line.indexOf(' ');
      int last = line.lastIndexOf(' ');
      if (first < 0 || last <= first) {
        throw new IOException("expected an id, a token and its length in line " + number);
      }
      byte[] token = PythonLiteral.read(line.substring(first + 1, last).strip());
      int length = number(line.substring(last + 1));
      if (token.length != length) {
        throw new IOException(
            "expected a token of %d bytes in line %d, found %d"
                .formatted(length, number, token.length));
      }
      add(number(line.substring(0, first)), token);
    }
  }

  private void addMembers(byte[] bytes) throws IOException {
    try (JsonParser json = new JsonFactory().createParser(bytes)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("expected an object in JSON");
      }
      for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
        addMember(name, json);
      }
      if (json.currentToken() != JsonToken.END_OBJECT || json.nextToken() != null) {
        throw new IOException("expected nothing but an object");
      }
    }
  }

  private void addMember(String name, JsonParser json) throws IOException {
    switch (json.nextToken()) {
      case VALUE_NUMBER_INT -> add(json.getLongValue(), utf8(name));
      case VALUE_STRING -> add(number(name), utf8(json.getText()));
      case START_ARRAY -> add(number(name), bytes(json));
      default ->
          throw new IOException("expected an id, a string or an array of bytes for '" + name + "'");
    }
  }

  private static byte[] bytes(JsonParser json) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (json.currentToken() != JsonToken.VALUE_NUMBER_INT
          || json.getLongValue() < 0
          || json.getLongValue() >= BYTES) {
        throw new IOException("expected numbers from 0 to 255 in an array of bytes");
      }
      bytes.write(json.getIntValue());
    }
    return bytes.toByteArray();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static int number(String digits) throws IOException {
    try {
      return Integer.parseInt(digits.strip());
    } catch (NumberFormatException e) {
      throw new IOException("expected a whole number, found '" + digits + "'", e);
    }
  }
}
