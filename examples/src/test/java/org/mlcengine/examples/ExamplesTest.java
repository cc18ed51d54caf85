package org.mlcengine.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Runs the examples on the models that the build makes before. */
class ExamplesTest {
  private static String output(Consumer<String[]> example) throws IOException {
    return output(example, "default-model.path");
  }

  private static String output(Consumer<String[]> example, String file) throws IOException {
    String model = Files.readString(Path.of("../mlc-native/target", file)).strip();
    PrintStream standard = System.out;
    ByteArrayOutputStream captured = new ByteArrayOutputStream();
    System.setOut(new PrintStream(captured, true, StandardCharsets.UTF_8));
    try {
      example.accept(new String[] {model});
    } finally {
      System.setOut(standard);
    }
    return captured.toString(StandardCharsets.UTF_8);
  }

  @Test
  void blockingChatAnswers() throws IOException {
    assertThat(output(BlockingChat::main)).contains("Paris");
  }

  @Test
  void streamingChatTellsAStory() throws IOException {
    assertThat(output(StreamingChat::main)).contains("fox").endsWith("\n");
  }

  @Test
  void multiTurnChatAnswersBoth() throws IOException {
    assertThat(output(MultiTurnChat::main)).contains("Paris").contains("And of Italy? ");
  }

  @Test
  void aSavedConversationGoesOnWithWhatWasComputed() throws IOException {
    assertThat(output(SavedConversation::main))
        .containsPattern("(?s)Paris.*\n([1-9]\\d*) tokens saved\n\\1 tokens restored\n.+\n$");
  }

  @Test
  void aStructuredReplyIsARecord() throws IOException {
    assertThat(output(StructuredReply::main)).containsPattern(": (EASY|HARD)\n$");
  }

  @Test
  void aFunctionIsCalledAndItsAnswerTaken() throws IOException {
    assertThat(output(FunctionCalling::main)).startsWith("get_weather {\"city\":").endsWith("\n");
  }

  @Test
  void theTextThatAnswersTheQuestionIsTheNearest() throws IOException {
    assertThat(output(SemanticSearch::main, "embedding-model.path"))
        .matches("(?s) 0[.,]\\d\\d  A JVM compiles bytecode.*")
        .hasLineCount(4);
  }

  @Test
  void eachIsUnderFiftyLines() throws IOException {
    Path sources = Path.of("src/main/java/org/mlcengine/examples");
    try (Stream<Path> files = Files.list(sources)) {
      List<Path> examples = files.toList();
      assertThat(examples).hasSize(7);
      for (Path example : examples) {
        assertThat(Files.readAllLines(example)).as(example.toString()).hasSizeLessThan(50);
      }
    }
  }
}
