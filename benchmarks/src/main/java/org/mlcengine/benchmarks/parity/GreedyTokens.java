package org.mlcengine.benchmarks.parity;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.mlcengine.benchmarks.BenchmarkModel;
import org.mlcengine.runtime.ForwardBatch;
import org.mlcengine.runtime.Phase;
import org.mlcengine.runtime.TvmLanguageModel;

/**
 * Continues prompts greedily and prints the token ids, for comparison with other engines.
 *
 * <p>Arguments: a model folder and, optionally, a model library. Each line of standard input is
 * {@code {"prompt_tokens": [...], "max_tokens": n}}; each line of standard output is {@code
 * {"tokens": [...], "margins": [...]}}, where a margin is the difference of the two largest logits
 * of that step. End-of-text tokens do not stop a continuation.
 */
public final class GreedyTokens {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final TvmLanguageModel model;
  private long sequences;

  private GreedyTokens(TvmLanguageModel model) {
    this.model = model;
  }

  /** Runs the program. */
  public static void main(String[] args) throws IOException {
    Path library = args.length > 1 ? Path.of(args[1]) : null;
    PrintStream output = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (TvmLanguageModel model = BenchmarkModel.open(Path.of(args[0]), library);
        BufferedReader input =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      GreedyTokens generator = new GreedyTokens(model);
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        output.println(generator.answer(JSON.readTree(line)));
      }
    }
  }

  private ObjectNode answer(JsonNode request) {
    int[] prompt = JSON.convertValue(request.get("prompt_tokens"), int[].class);
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode tokens = answer.putArray("tokens");
    ArrayNode margins = answer.putArray("margins");
    long id = sequences++;
    model.addSequence(id);
    int chunk = model.facts().plan().limits().prefillChunk();
    MemorySegment logits = MemorySegment.NULL;
    for (int from = 0; from < prompt.length; from += chunk) {
      logits = forward(id, prompt, from, Math.min(chunk, prompt.length - from), Phase.PREFILL);
    }
    for (int i = request.get("max_tokens").asInt(); i > 0; i--) {
      int best = best(logits, -1);
      int second = best(logits, best);
      tokens.add(best);
      margins.add(logits.getAtIndex(JAVA_FLOAT, best) - logits.getAtIndex(JAVA_FLOAT, second));
      logits = forward(id, new int[] {best}, 0, 1, Phase.DECODE);
    }
    model.removeSequence(id);
    return answer;
  }

  private MemorySegment forward(long id, int[] tokens, int from, int length, Phase phase) {
    ForwardBatch batch = new ForwardBatch();
    batch.phase(phase);
    batch.add(id, tokens, from, length);
    return model.forward(batch);
  }

  private int best(MemorySegment logits, int except) {
    int best = -1;
    for (int i = 0; i < model.vocabularySize(); i++) {
      if (i != except
          && (best < 0 || logits.getAtIndex(JAVA_FLOAT, i) > logits.getAtIndex(JAVA_FLOAT, best))) {
        best = i;
      }
    }
    return best;
  }
}
