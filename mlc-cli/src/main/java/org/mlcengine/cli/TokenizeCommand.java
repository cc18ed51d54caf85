package org.mlcengine.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.mlcengine.tokenizer.IntList;
import org.mlcengine.tokenizer.SpecialTokens;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.files.Tokenizers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "tokenize",
    mixinStandardHelpOptions = true,
    description = {
      "Turns texts into token ids, and ids into texts.",
      "Each line of standard input is a JSON string; each line of standard output is the JSON array"
          + " of its ids."
    })
final class TokenizeCommand implements Runnable {
  private static final int BUFFER = 1 << 16;
  private static final JsonMapper JSON =
      new JsonMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
              .build());

  @Spec private @Nullable CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description = {
        "A folder with a tokenizer, or the file of one.",
        "Default: SmolLM2-135M-Instruct, made on first use."
      })
  private @Nullable Path model;

  @Option(names = "--decode", description = "Read JSON arrays of ids, and write JSON strings.")
  private boolean decode;

  @Option(
      names = "--no-special",
      description = {
        "Add no tokens around a text, such as one for its beginning.",
        "With --decode: leave special tokens out of the text."
      })
  private boolean withoutSpecial;

  @Option(
      names = "--special-as-text",
      description = {
        "Encode special tokens that a text spells as any other text.",
        "Adds no tokens around a text either."
      })
  private boolean specialAsText;

  @Override
  public void run() {
    if (decode && specialAsText) {
      throw wrong("--special-as-text does not go with --decode.", null);
    }
    Tokenizer tokenizer = Tokenizers.load(model != null ? model : DefaultModel.folder());
    try (OutputStream output =
        new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), BUFFER)) {
      copy(tokenizer, System.in, output);
    } catch (IOException e) {
      throw new CommandException(
          "the texts could not be read or written (" + e.getMessage() + ")", e);
    }
  }

  private void copy(Tokenizer tokenizer, InputStream input, OutputStream output)
      throws IOException {
    Lines lines = new Lines(input);
    for (byte[] line = lines.next(); line != null; line = lines.next()) {
      byte[] answer = decode ? text(tokenizer, line, lines) : ids(tokenizer, line, lines);
      output.write(answer);
      output.write('\n');
      // Another program may wait for the answer before it asks again.
      if (!lines.isReady()) {
        output.flush();
      }
    }
  }

  private byte[] ids(Tokenizer tokenizer, byte[] line, Lines lines) throws IOException {
    String text;
    try (JsonParser json = JSON.createParser(line)) {
      if (json.nextToken() != JsonToken.VALUE_STRING) {
        throw wrong(lines, "a JSON string", null);
      }
      text = json.getText();
      if (json.nextToken() != null) {
        throw wrong(lines, "nothing behind the JSON string", null);
      }
    } catch (IOException e) {
      throw wrong(lines, "a JSON string", e);
    }
    return JSON.writeValueAsBytes(encode(tokenizer, text));
  }

  private int[] encode(Tokenizer tokenizer, String text) {
    if (specialAsText) {
      return tokenizer.encode(text, SpecialTokens.AS_TEXT);
    }
    return withoutSpecial ? tokenizer.encode(text) : tokenizer.encodeWithSpecialTokens(text);
  }

  private byte[] text(Tokenizer tokenizer, byte[] line, Lines lines) throws IOException {
    IntList ids = new IntList();
    try (JsonParser json = JSON.createParser(line)) {
      if (json.nextToken() != JsonToken.START_ARRAY) {
        throw wrong(lines, "a JSON array of ids", null);
      }
      while (json.nextToken() != JsonToken.END_ARRAY) {
        if (json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
          throw wrong(lines, "whole numbers in the JSON array", null);
        }
        ids.add(json.getIntValue());
      }
      if (json.nextToken() != null) {
        throw wrong(lines, "nothing behind the JSON array", null);
      }
    } catch (IOException e) {
      throw wrong(lines, "a JSON array of ids", e);
    }
    int[] all = ids.toArray();
    return JSON.writeValueAsBytes(
        withoutSpecial ? tokenizer.decodeWithoutSpecialTokens(all) : tokenizer.decode(all));
  }

  private ParameterException wrong(Lines lines, String expected, @Nullable Exception cause) {
    String found =
        cause instanceof JsonProcessingException json ? ": " + json.getOriginalMessage() : "";
    return wrong(
        "line %d of standard input: expected %s%s.".formatted(lines.number(), expected, found),
        cause);
  }

  private ParameterException wrong(String message, @Nullable Exception cause) {
    if (spec == null) {
      throw new IllegalStateException(message, cause);
    }
    return new ParameterException(spec.commandLine(), message, cause);
  }
}
