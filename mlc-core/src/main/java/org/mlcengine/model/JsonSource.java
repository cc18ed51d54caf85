package org.mlcengine.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.MLCException;
import org.mlcengine.errors.ModelLoadException;

/**
 * Where a JSON document comes from, and how to say that it is wrong.
 *
 * <p>Reading is strict: valid UTF-8, no duplicate keys, no trailing text, bounded size and depth,
 * an object at the top.
 *
 * @param name what messages call the document, usually its path
 * @param remedy a sentence that says how to get a good one
 * @param failure makes the exception from a message and a cause
 */
record JsonSource(
    String name, String remedy, BiFunction<String, @Nullable Throwable, MLCException> failure) {
  private static final int MAX_DEPTH = 64;
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Parses a document with values of every kind: the first one of a process takes longest. */
  static void prepare() {
    file(Path.of("prepared.json")).parse("{\"a\": [1, -2.5, \"b\\n\", true, null, {}]}");
  }

  /** A file of a model folder; what is wrong with it becomes a {@link ModelLoadException}. */
  static JsonSource file(Path file) {
    return new JsonSource(
        file.toString(),
        "Download or convert the model again.",
        (message, cause) -> new ModelLoadException(message, cause));
  }

  /** Reads a whole file of at most {@code maxBytes} bytes. */
  JsonObject read(Path file, long maxBytes) {
    byte[] bytes;
    try {
      long size = Files.size(file);
      if (size > maxBytes) {
        throw error("expected at most %d bytes, found %d".formatted(maxBytes, size));
      }
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw error("the file is missing", e);
    } catch (IOException e) {
      throw error("the file cannot be read (%s)".formatted(e), e);
    }
    return parse(decode(bytes));
  }

  /** Parses a document's text. */
  JsonObject parse(String text) {
    JsonNode node;
    try {
      node = MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      String where =
          at == null ? "" : " at line %d, column %d".formatted(at.getLineNr(), at.getColumnNr());
      throw error("malformed JSON%s: %s".formatted(where, e.getOriginalMessage()), e);
    }
    if (node instanceof ObjectNode object) {
      return new JsonObject(this, "", object);
    }
    throw error("expected a JSON object, found " + JsonObject.describe(node));
  }

  /** An exception that names the document, what is wrong with it, and the remedy. */
  MLCException error(String problem) {
    return error(problem, null);
  }

  /** The same, with the failure that led to it. */
  MLCException error(String problem, @Nullable Throwable cause) {
    return failure.apply("%s: %s. %s".formatted(name, problem, remedy), cause);
  }

  private String decode(byte[] bytes) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CoderResult result = decoder.decode(in, out, true);
    if (result.isError()) {
      throw error(
          "expected UTF-8, found the invalid byte 0x%02x at byte offset %d"
              .formatted(bytes[in.position()], in.position()));
    }
    return out.flip().toString();
  }
}
