package org.mlcengine.benchmarks.tokenizers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.mlcengine.tokenizer.SpecialTokens;
import org.mlcengine.tokenizer.StreamDecoder;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.files.Tokenizers;

/**
 * Encodes and decodes lines, for comparison with other tokenizers.
 *
 * <p>The argument is a folder with a tokenizer. Each line of standard input is {@code {"text":
 * "...", "decode": [...]}}; each line of standard output is an object with:
 *
 * <ul>
 *   <li>{@code ids}: the ids of the text;
 *   <li>{@code as_text}, {@code around}: the ids with special tokens as text, and with those around
 *       the text that the tokenizer's file asks for, where they differ from {@code ids};
 *   <li>{@code decoded}, {@code bare}: the text of {@code ids}, and without special tokens;
 *   <li>{@code other}, {@code other_bare}: the same of the ids to decode;
 *   <li>{@code streamed}: the text of the ids to decode, joined from the pieces of a stream.
 * </ul>
 */
public final class TokenizeLines {
  private static final ObjectMapper JSON = new ObjectMapper();

  private TokenizeLines() {}

  /** Runs the program. */
  public static void main(String[] args) throws IOException {
    Tokenizer tokenizer = Tokenizers.load(Path.of(args[0]));
    PrintStream output = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    try (BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        JsonNode request = JSON.readTree(line);
        int[] others = JSON.convertValue(request.get("decode"), int[].class);
        output.println(answer(tokenizer, request.get("text").asText(), others));
      }
    }
    output.flush();
  }

  private static ObjectNode answer(Tokenizer tokenizer, String text, int[] others) {
    ObjectNode answer = JSON.createObjectNode();
    int[] ids = tokenizer.encode(text);
    answer.set("ids", JSON.valueToTree(ids));
    int[] asText = tokenizer.encode(text, SpecialTokens.AS_TEXT);
    if (!Arrays.equals(asText, ids)) {
      answer.set("as_text", JSON.valueToTree(asText));
    }
    int[] around = tokenizer.encodeWithSpecialTokens(text);
    if (!Arrays.equals(around, ids)) {
      answer.set("around", JSON.valueToTree(around));
    }
    answer.put("decoded", tokenizer.decode(ids));
    answer.put("bare", tokenizer.decodeWithoutSpecialTokens(ids));
    answer.put("other", tokenizer.decode(others));
    answer.put("other_bare", tokenizer.decodeWithoutSpecialTokens(others));
    StringBuilder streamed = new StringBuilder();
    StreamDecoder decoder = tokenizer.streamDecoder();
    for (int id : others) {
      streamed.append(decoder.append(id));
    }
    answer.put("streamed", streamed + decoder.finish());
    return answer;
  }
}
