package org.mlcengine.conversation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.Tool;
import org.mlcengine.protocol.ToolCall;
import org.mlcengine.protocol.ToolChoice;

class JinjaConversationTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-03-05T14:07:09Z"), ZoneOffset.UTC);
  private static final List<ChatMessage> QUESTION = List.of(ChatMessage.user("Hi"));
  private static final Tool SUM = Tool.function("sum", "Adds.", "{\"type\":\"object\"}");
  private static final Tool NOW = Tool.function("now", "Tells the time.", "{}");

  @TempDir Path folder;

  private void write(String name, String text) {
    try {
      Files.writeString(folder.resolve(name), text);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void config(String template) {
    write(
        "tokenizer_config.json",
        JsonNodeFactory.instance.objectNode().put("chat_template", template).toString());
  }

  private JinjaConversation read() {
    return JinjaConversation.read(folder, List.of(2), CLOCK).orElseThrow();
  }

  private String render(List<ChatMessage> messages, Tool... tools) {
    return read().render(messages, List.of(tools), ToolChoice.auto()).text();
  }

  @Test
  void aFolderMayHaveNoTemplate() {
    assertThat(JinjaConversation.read(folder, List.of(), CLOCK)).isEmpty();
    write("tokenizer_config.json", "{\"chat_template\": null, \"bos_token\": null}");
    assertThat(JinjaConversation.read(folder, List.of(), CLOCK)).isEmpty();
  }

  @Test
  void theTokensAreVariables() {
    write(
        "tokenizer_config.json",
        """
        {"chat_template": "{{ bos_token }}{{ eos_token }}{{ pad_token is defined }}",
         "bos_token": "<s>", "eos_token": {"content": "</s>", "special": true}, "pad_token": null}
        """);
    Prompt prompt = read().render(QUESTION, List.of(), ToolChoice.none());
    assertThat(prompt).isEqualTo(new Prompt(List.of(), "<s></s>False"));
    assertThat(read().stopTokenIds()).containsExactly(2);
    assertThat(read().stopStrings()).isEmpty();
  }

  @Test
  void theFilesHaveAnOrder() {
    write("chat_template.json", "{\"chat_template\": \"json\"}");
    assertThat(render(QUESTION)).isEqualTo("json");
    config("config");
    assertThat(render(QUESTION)).isEqualTo("config");
    write("chat_template.jinja", "jinja");
    assertThat(render(QUESTION)).isEqualTo("jinja");
  }

  @Test
  void aTemplateForToolsIsUsedWithTools() {
    write(
        "tokenizer_config.json",
        """
        {"chat_template": [{"name": "default", "template": "plain"},
                           {"name": "tool_use", "template": "{{ tools | length }}"}]}
        """);
    assertThat(render(QUESTION)).isEqualTo("plain");
    assertThat(render(QUESTION, SUM, NOW)).isEqualTo("2");
    assertThat(read().render(QUESTION, List.of(SUM), ToolChoice.none()).text()).isEqualTo("plain");
    assertThat(read().render(QUESTION, List.of(SUM, NOW), ToolChoice.named("now")).text())
        .isEqualTo("1");
  }

  @Test
  void withoutADefaultTheNamesAreListed() {
    write(
        "tokenizer_config.json", "{\"chat_template\": [{\"name\": \"rag\", \"template\": \"\"}]}");
    assertThatThrownBy(() -> render(QUESTION))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("(rag)");
  }

  @Test
  void messagesToolsAndTheDateAreVariables() {
    config(
        "{{ strftime_now('%Y-%m-%d') }} {{ add_generation_prompt }} {{ documents is none }}"
            + " {{ messages | tojson }} {{ tools | tojson }}");
    List<ChatMessage> messages =
        List.of(
            ChatMessage.system("S"),
            ChatMessage.user(List.of("a", "b")).withName("Ann"),
            ChatMessage.assistant(
                Optional.of("c"), List.of(ToolCall.of("id1", "sum", "{\"x\":[1,2.50]}"))),
            ChatMessage.tool("id1", "3"));
    assertThat(render(messages, SUM))
        .isEqualTo(
            "2026-03-05 True True [{\"role\": \"system\", \"content\": \"S\"},"
                + " {\"role\": \"user\", \"content\": \"ab\", \"name\": \"Ann\"},"
                + " {\"role\": \"assistant\", \"content\": \"c\", \"tool_calls\": [{\"id\": \"id1\","
                + " \"type\": \"function\", \"function\": {\"name\": \"sum\","
                + " \"arguments\": {\"x\": [1, 2.5]}}}]},"
                + " {\"role\": \"tool\", \"content\": \"3\", \"name\": \"sum\","
                + " \"tool_call_id\": \"id1\"}] [{\"type\": \"function\", \"function\":"
                + " {\"name\": \"sum\", \"description\": \"Adds.\","
                + " \"parameters\": {\"type\": \"object\"}}}]");
    assertThat(render(QUESTION)).endsWith(" null");
  }

  @Test
  void aCallTakesTheFormThatTheTemplateNeeds() {
    List<ChatMessage> call =
        List.of(
            ChatMessage.assistant(Optional.empty(), List.of(ToolCall.of("1", "f", "{\"a\":1}"))));
    config("{{ messages[0].content }}{{ messages[0].tool_calls[0].function.arguments }}");
    assertThat(render(call)).isEqualTo("None{'a': 1}");
    config("{{ messages[0].content + '.' }}{{ messages[0].tool_calls[0].function.arguments.a }}");
    assertThat(render(call)).isEqualTo(".1");
    config(
        "{{ messages[0].content is none }}{{ messages[0].tool_calls[0].function.arguments + '' }}");
    assertThat(render(call)).isEqualTo("True{\"a\":1}");
    config("{{ messages[0].content + messages[0].tool_calls[0].function.arguments }}");
    assertThat(render(call)).isEqualTo("{\"a\":1}");
    config("{{ raise_exception(messages[0].content | string) }}");
    assertThatThrownBy(() -> render(call)).hasMessageContaining("refuses them: None");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "tokenizer_config.json | {'chat_template': 3} | chat_template: expected a string",
        "tokenizer_config.json | {'chat_template': [{'name': 1}]} | chat_template[0]: expected",
        "tokenizer_config.json | {'bos_token': 1} | bos_token: expected a string",
        "tokenizer_config.json | {'bos_token': {}} | bos_token: expected a string",
        "tokenizer_config.json | [] | expected an object",
        "tokenizer_config.json | {'chat_template': | expected JSON",
        "tokenizer_config.json | {'chat_template': '{% if %}'} | line 1",
        "chat_template.json | {'chat_template': {}} | chat_template: expected a string",
        "chat_template.jinja | {{ | chat_template.jinja: chat_template: line 1",
      })
  void aMalformedFileIsNamed(String file, String text, String problem) {
    write(file, text.replace('\'', '"'));
    assertThatThrownBy(() -> JinjaConversation.read(folder, List.of(), CLOCK))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining(file)
        .hasMessageContaining(problem);
  }

  @Test
  void aFileThatIsNotUtf8IsNamed() throws IOException {
    Files.write(folder.resolve("chat_template.jinja"), "é".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> JinjaConversation.read(folder, List.of(), CLOCK))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("chat_template.jinja: expected UTF-8");
  }

  private PromptTemplate choose(JsonNode template, boolean preferOwn) {
    return PromptTemplate.choose(template, folder, preferOwn, List.of(2), CLOCK);
  }

  @Test
  void theConfigsTemplateWinsUnlessTheOwnIsPreferred() {
    JsonNode chatml = TextNode.valueOf("chatml");
    assertThat(choose(chatml, false)).isInstanceOf(Conversation.class);
    assertThatThrownBy(() -> choose(chatml, true))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("found none");
    config("own");
    assertThat(choose(chatml, false)).isInstanceOf(Conversation.class);
    PromptTemplate own = choose(chatml, true);
    assertThat(own.render(QUESTION, List.of(), ToolChoice.none()).text()).isEqualTo("own");
    assertThat(own.stopStrings()).containsExactly("<|im_end|>");
    assertThat(own.stopTokenIds()).containsExactly(2);
  }

  @Test
  void theOwnTemplateStandsInForOneThatTheConfigLacks() {
    List<JsonNode> lacking =
        List.of(
            MissingNode.getInstance(),
            NullNode.getInstance(),
            TextNode.valueOf(""),
            TextNode.valueOf("of_a_later_version"),
            JsonNodeFactory.instance.objectNode());
    for (JsonNode template : lacking) {
      assertThatThrownBy(() -> choose(template, false)).isInstanceOf(ModelLoadException.class);
    }
    config("own");
    for (JsonNode template : lacking) {
      assertThat(choose(template, false)).isInstanceOf(JinjaConversation.class);
    }
    JsonNode malformed = JsonNodeFactory.instance.objectNode().put("roles", 1);
    assertThatThrownBy(() -> choose(malformed, false))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("conv_template.roles");
  }
}
