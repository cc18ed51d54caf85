package org.mlcengine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.ProtocolJson;

/** Sessions that leave their process, and their model. */
class SessionProcessTest {
  private static final String FIRST =
      "Here are some animals of the forest: " + "a fox, an owl, two deer, a bear; ".repeat(20);
  private static final String SECOND = "Which of them can fly?";

  @TempDir private Path folder;

  /** Makes a conversation of one turn and saves it; returns the reply to the second. */
  private static ChatCompletion save(Path file) {
    try (MLCEngine engine = TestModel.open();
        Session session = engine.session("saved")) {
      session.create(SessionProgram.request(FIRST));
      assertThat(session.save(file)).isGreaterThan(256);
      return session.create(SessionProgram.request(SECOND));
    }
  }

  private List<String> restoreInAnotherProcess(Path file) throws Exception {
    Path output = folder.resolve("output");
    return ChildJvm.run(output, List.of(), SessionProgram.class, file.toString(), SECOND);
  }

  @Test
  void anotherProcessGoesOnAndComputesNewTokensOnly() throws Exception {
    Path file = folder.resolve("session");
    ChatCompletion expected = save(file);
    List<String> lines = restoreInAnotherProcess(file);
    int kept = Integer.parseInt(lines.get(0));
    int prompt = Integer.parseInt(lines.get(1));
    assertThat(kept).isGreaterThan(256);
    assertThat(Integer.parseInt(lines.get(2))).isEqualTo(kept);
    assertThat(Integer.parseInt(lines.get(3))).isEqualTo(prompt - kept).isLessThan(130);
    ChatCompletion found = ProtocolJson.read(lines.get(4), ChatCompletion.class);
    assertThat(found.choices()).isEqualTo(expected.choices());
  }

  @Test
  void anotherModelComputesTheConversationAgain() throws IOException {
    Path file = folder.resolve("session");
    ChatCompletion expected = save(file);
    Path other = TestModel.copyInto(folder.resolve("other"));
    Path index = other.resolve("tensor-cache.json");
    String text = Files.readString(index);
    Files.delete(index);
    Files.writeString(index, text + "\n");
    try (MLCEngine engine =
            MLCEngine.builder()
                .model(other)
                .contextWindowSize(1024)
                .maxTotalSequenceLength(2048)
                .build();
        Session session = engine.restoreSession(file)) {
      assertThat(session.cachedTokens()).isZero();
      assertThat(session.messages().getFirst()).isEqualTo(ChatMessage.user(FIRST));
      ChatCompletion found = session.create(SessionProgram.request(SECOND));
      assertThat(found.choices()).isEqualTo(expected.choices());
      assertThat(found.usage().orElseThrow().cachedTokens()).isZero();
    }
  }
}
