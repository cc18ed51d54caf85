package org.mlcengine.fuzz;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.nio.file.Path;
import java.util.List;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.tokenizer.StreamDecoder;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.files.Tokenizers;

/** A tokenizer's file is refused with a typed exception, or gives a tokenizer that works. */
final class TokenizerFileFuzzer {
  private static final List<String> TEXTS =
      List.of(
          "a",
          "",
          " Hello  world\n\t12345 it's",
          "\u00fc\u0301\ud83d\udc69\u200d\ud83d\udc69 \ud800<s>");

  private final FuzzFile file;

  TokenizerFileFuzzer(String name) {
    file = new FuzzFile(name);
  }

  void run(FuzzedDataProvider data) {
    Path folder = file.write(data.consumeRemainingAsBytes());
    Tokenizer tokenizer;
    try {
      tokenizer = Tokenizers.load(folder);
    } catch (ModelLoadException e) {
      return;
    }
    TEXTS.forEach(text -> roundTrip(tokenizer, text));
  }

  private static void roundTrip(Tokenizer tokenizer, String text) {
    int[] ids = tokenizer.encode(text);
    StreamDecoder decoder = tokenizer.streamDecoder();
    StringBuilder streamed = new StringBuilder();
    for (int id : ids) {
      streamed.append(decoder.append(id));
    }
    streamed.append(decoder.finish());
    if (!streamed.toString().equals(tokenizer.decode(ids))) {
      throw new AssertionError("a stream decodes to other text than all ids at once");
    }
  }
}
