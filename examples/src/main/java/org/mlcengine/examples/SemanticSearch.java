package org.mlcengine.examples;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.mlcengine.MLCEngine;
import org.mlcengine.protocol.EmbeddingCreateParams;
import org.mlcengine.protocol.EmbeddingResponse.Embedding;

/** Ranks texts by how near their meaning is to a question's. Argument: an encoder's folder. */
public final class SemanticSearch {
  private static final List<String> TEXTS =
      List.of(
          "The Eiffel Tower stands in Paris.",
          "A JVM compiles bytecode while it runs.",
          "Bread is baked of flour, water and salt.",
          "Rivers carry water to the sea.");

  private SemanticSearch() {}

  /** Runs the example. */
  public static void main(String[] args) {
    try (MLCEngine engine = MLCEngine.builder().model(Path.of(args[0])).build()) {
      List<Embedding> vectors =
          engine
              .embeddings()
              .create(
                  EmbeddingCreateParams.builder()
                      .input(TEXTS)
                      .addInput("How does Java run a program?")
                      .build())
              .data();
      float[] question = vectors.getLast().vector();
      vectors.subList(0, TEXTS.size()).stream()
          .sorted(Comparator.comparing(text -> -product(question, text.vector())))
          .forEach(
              text ->
                  System.out.printf(
                      "%5.2f  %s%n", product(question, text.vector()), TEXTS.get(text.index())));
    }
  }

  /** The cosine, since the model's vectors have the length 1. */
  private static double product(float[] a, float[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> (double) a[i] * b[i]).sum();
  }
}
