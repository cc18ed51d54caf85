package org.mlcengine.benchmarks.quality;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

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
import org.mlcengine.runtime.TvmLanguageModel;

/**
 * Predicts every token of texts from the tokens before it.
 *
 * <p>Arguments: a model folder and a chunk size. Each line of standard input is a list of token ids
 * that fits the context; each line of standard output answers it: {@code {"best": [...],
 * "logprobs": [...]}}, for each token but the first, the most likely token in its place and the
 * natural logarithm of its own probability.
 *
 * <p>With a chunk size of 1, tokens are decoded one by one. With {@code n}, they are prefilled in
 * chunks of {@code n}: in {@code n} passes, whose chunks lie one token further each time, since a
 * pass yields predictions only at the ends of its chunks. Several passes share a batch.
 */
public final class TeacherForced {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final TvmLanguageModel model;
  private final ForwardBatch batch = new ForwardBatch();
  private final int chunk;

  private TeacherForced(TvmLanguageModel model, int chunk) {
    this.model = model;
    this.chunk = chunk;
  }

  /** Runs the program. */
  public static void main(String[] args) throws IOException {
    PrintStream output = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (TvmLanguageModel model = BenchmarkModel.open(Path.of(args[0]), null);
        BufferedReader input =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      TeacherForced predictor = new TeacherForced(model, Integer.parseInt(args[1]));
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        output.println(predictor.answer(JSON.readValue(line, int[].class)));
      }
    }
  }

  private ObjectNode answer(int[] tokens) {
    int[] best = new int[tokens.length - 1];
    double[] logprobs = new double[tokens.length - 1];
    int together = Math.min(chunk, model.facts().plan().limits().maxSequences());
    for (int first = 0; first < chunk; first += together) {
      predict(tokens, first, Math.min(first + together, chunk), best, logprobs);
    }
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode choices = answer.putArray("best");
    ArrayNode probabilities = answer.putArray("logprobs");
    for (int i = 0; i < best.length; i++) {
      choices.add(best[i]);
      probabilities.add(logprobs[i]);
    }
    return answer;
  }

  /** Runs the passes {@code first} to {@code last - 1} side by side, a sequence for each. */
  private void predict(int[] tokens, int first, int last, int[] best, double[] logprobs) {
    for (int pass = first; pass < last; pass++) {
      model.addSequence(pass);
    }
    for (int from = -chunk; from + first + chunk < best.length; from += chunk) {
      batch.clear();
      for (int pass = first; pass < last && from + pass + chunk < best.length; pass++) {
        int start = Math.max(0, from + pass + 1);
        batch.add(pass, tokens, start, from + pass + chunk + 1 - start);
      }
      MemorySegment logits = model.forward(batch);
      long row = (long) model.vocabularySize() * Float.BYTES;
      for (int i = 0; i < batch.size(); i++) {
        int place = from + first + i + chunk;
        MemorySegment own = logits.asSlice(i * row, row);
        best[place] = best(own);
        logprobs[place] = logprob(own, tokens[place + 1], best[place]);
      }
    }
    for (int pass = first; pass < last; pass++) {
      model.removeSequence(pass);
    }
  }

  private int best(MemorySegment logits) {
    int best = 0;
    for (int i = 1; i < model.vocabularySize(); i++) {
      if (logits.getAtIndex(JAVA_FLOAT, i) > logits.getAtIndex(JAVA_FLOAT, best)) {
        best = i;
      }
    }
    return best;
  }

  private double logprob(MemorySegment logits, int token, int best) {
    double highest = logits.getAtIndex(JAVA_FLOAT, best);
    double sum = 0;
    for (int i = 0; i < model.vocabularySize(); i++) {
      sum += Math.exp(logits.getAtIndex(JAVA_FLOAT, i) - highest);
    }
    return logits.getAtIndex(JAVA_FLOAT, token) - highest - Math.log(sum);
  }
}
