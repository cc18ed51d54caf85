package org.mlcengine.benchmarks.serving;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.mlcengine.EngineMetrics;
import org.mlcengine.MLCEngine;
import org.mlcengine.SpeculativeMode;
import org.mlcengine.benchmarks.BenchmarkModel;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionCreateParams;

/**
 * Prints what guessing tokens does to the speed of replies: of one that copies its prompt, of one
 * that changes a little of it, and of one that is new. Rounds of all measurements alternate, and
 * each line is the median over the rounds.
 */
public final class SpeculationReport {
  private static final int REPLY = 200;
  private static final String TEXT =
      """
      public final class Account {
        private final String owner;
        private long balance;

        public Account(String owner, long balance) {
          this.owner = owner;
          this.balance = balance;
        }

        public void deposit(long amount) {
          if (amount <= 0) {
            throw new IllegalArgumentException("amount");
          }
          balance += amount;
        }

        public boolean withdraw(long amount) {
          if (amount <= 0 || amount > balance) {
            return false;
          }
          balance -= amount;
          return true;
        }
      }
      """;

  private static final String EDIT =
      "Write this class again, with one more method, which returns the owner:\n\n";

  /** A kind of reply. */
  private record Task(String name, String prompt, double temperature) {}

  private static final List<Task> TASKS =
      List.of(
          new Task("copy, temperature 0", "Repeat this text, word for word:\n\n" + TEXT, 0),
          new Task("copy, temperature 1", "Repeat this text, word for word:\n\n" + TEXT, 1),
          new Task("edit, temperature 0", EDIT + TEXT, 0),
          new Task("story, temperature 0", "Write a story about a lighthouse and a whale.", 0),
          new Task("story, temperature 1", "Write a story about a lighthouse and a whale.", 1));

  private SpeculationReport() {}

  /**
   * Runs the report.
   *
   * @param arguments the number of rounds; 5 without
   */
  public static void main(String[] arguments) {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
    try (MLCEngine plain = engine(SpeculativeMode.DISABLE);
        MLCEngine guessing = engine(SpeculativeMode.PROMPT_LOOKUP)) {
      System.out.println("| reply | tokens/s | with guesses | ratio | steps for each token |");
      System.out.println("| --- | --- | --- | --- | --- |");
      List<double[][]> measured = new ArrayList<>();
      TASKS.forEach(task -> measured.add(new double[3][rounds]));
      for (int round = -1; round < rounds; round++) {
        for (int i = 0; i < TASKS.size(); i++) {
          measure(plain, guessing, TASKS.get(i), round, measured.get(i));
        }
      }
      for (int i = 0; i < TASKS.size(); i++) {
        print(TASKS.get(i), measured.get(i));
      }
    }
  }

  private static MLCEngine engine(SpeculativeMode mode) {
    return MLCEngine.builder()
        .model(BenchmarkModel.folder())
        .threads(BenchmarkModel.threads())
        .speculativeMode(mode)
        .build();
  }

  /** Measures one round; that before the first warms up. */
  private static void measure(
      MLCEngine plain, MLCEngine guessing, Task task, int round, double[][] to) {
    ChatCompletionCreateParams request =
        ChatCompletionCreateParams.builder()
            .addUserMessage(task.prompt())
            .temperature(task.temperature())
            .maxTokens(REPLY)
            .seed(round)
            .build();
    EngineMetrics.Steps without = run(plain, request);
    EngineMetrics.Steps with = run(guessing, request);
    if (round >= 0) {
      to[0][round] = without.tokensPerSecond();
      to[1][round] = with.tokensPerSecond();
      to[2][round] = with.count() / (double) with.tokens();
    }
  }

  private static EngineMetrics.Steps run(MLCEngine engine, ChatCompletionCreateParams request) {
    EngineMetrics before = engine.metrics();
    ChatCompletion reply = engine.chat().completions().create(request);
    if (reply.choices().isEmpty()) {
      throw new IllegalStateException("a reply has no choice");
    }
    return engine.metrics().since(before).decode();
  }

  private static void print(Task task, double[][] values) {
    System.out.printf(
        "| %s | %.0f | %.0f | %.2f | %.2f |%n",
        task.name(),
        median(values[0]),
        median(values[1]),
        median(values[1]) / median(values[0]),
        median(values[2]));
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
