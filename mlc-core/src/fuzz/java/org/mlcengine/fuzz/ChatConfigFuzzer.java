package org.mlcengine.fuzz;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.time.Clock;
import java.util.List;
import org.mlcengine.conversation.PromptTemplate;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.model.ModelConfig;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.ToolChoice;

/** {@code mlc-chat-config.json} with its conversation template. */
public final class ChatConfigFuzzer {
  private static final FuzzFile FILE = new FuzzFile(ModelConfig.FILE_NAME);
  private static final List<ChatMessage> MESSAGES =
      List.of(ChatMessage.system("a"), ChatMessage.user("b"));

  private ChatConfigFuzzer() {}

  /** Runs one input. */
  public static void fuzzerTestOneInput(FuzzedDataProvider data) {
    try {
      ModelConfig config = ModelConfig.read(FILE.write(data.consumeRemainingAsBytes()));
      PromptTemplate template =
          PromptTemplate.choose(
              config.convTemplate(),
              config.folder(),
              false,
              config.eosTokenIds(),
              Clock.systemUTC());
      template.render(MESSAGES, List.of(), ToolChoice.none());
    } catch (ModelLoadException | InvalidRequestException e) {
      // Refused with a typed exception.
    }
  }
}
