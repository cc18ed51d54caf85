package org.mlcengine.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mlcengine.conversation.Conversation;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.FunctionDefinition;
import org.mlcengine.protocol.Role;
import org.mlcengine.protocol.Tool;
import org.mlcengine.protocol.ToolCall;
import org.mlcengine.protocol.ToolChoice;

/** What prompt templates are given, family by family. */
class ToolPromptTest {
  private static final String CITY =
      "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}},\"required\":[\"city\"]}";
  private static final Tool WEATHER = Tool.function("weather", "Tells \"it\".", CITY);
  private static final Tool NOW =
      new Tool(new FunctionDefinition("now", Optional.empty(), Optional.empty(), false));
  private static final List<Tool> TOOLS = List.of(WEATHER, NOW);

  private static final String WEATHER_FUNCTION =
      "{\"name\": \"weather\", \"description\": \"Tells \\\"it\\\".\", \"parameters\": {\"type\": \"object\","
          + " \"properties\": {\"city\": {\"type\": \"string\"}}, \"required\": [\"city\"]}}";
  private static final String NOW_FUNCTION =
      "{\"name\": \"now\", \"parameters\": {\"type\": \"object\", \"properties\": {}}}";

  private static final ChatMessage QUESTION = ChatMessage.user("Rome?");
  private static final ChatMessage CALLS =
      ChatMessage.assistant(
          Optional.of("Let me see.\n"),
          List.of(
              ToolCall.of("call_a", "weather", "{\"city\":\"Rome\",\"days\":[1,2]}"),
              ToolCall.of("call_b", "now", "")));
  private static final List<ChatMessage> TALK =
      List.of(
          QUESTION,
          CALLS,
          ChatMessage.tool("call_a", "{\"sun\":1}"),
          ChatMessage.tool("call_b", "noon"),
          ChatMessage.user("And Bern?"));

  private static String tool(String function) {
    return "{\"type\": \"function\", \"function\": " + function + "}";
  }

  private static ToolFormat format(String conversation) {
    return ToolFormat.of(Conversation.named(conversation), "", "");
  }

  /** Returns each message's role and text. */
  private static List<String> rendered(
      ToolFormat format, List<ChatMessage> messages, Tool... tools) {
    ToolPrompt prompt = format.prompt(messages, List.of(tools), ToolChoice.auto());
    assertThat(prompt.messages()).allMatch(m -> m.toolCalls().isEmpty());
    return prompt.messages().stream()
        .map(m -> m.role().value() + ": " + m.content().orElse("-"))
        .toList();
  }

  @Test
  void qwenIsToldInTheSystemMessageAndReadsResultsAsTheUser() {
    assertThat(rendered(format("qwen2"), TALK, WEATHER, NOW))
        .containsExactly(
            "system: You are a helpful assistant.\n\n# Tools\n\nYou may call one or more functions"
                + " to assist with the user query.\n\nYou are provided with function signatures"
                + " within <tools></tools> XML tags:\n<tools>\n"
                + tool(WEATHER_FUNCTION)
                + "\n"
                + tool(NOW_FUNCTION)
                + "\n</tools>\n\nFor each function call, return a json object with function name"
                + " and arguments within <tool_call></tool_call> XML tags:\n<tool_call>\n"
                + "{\"name\": <function-name>, \"arguments\": <args-json-object>}\n</tool_call>",
            "user: Rome?",
            "assistant: Let me see.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\":"
                + " \"Rome\", \"days\": [1, 2]}}\n</tool_call>\n<tool_call>\n{\"name\": \"now\","
                + " \"arguments\": {}}\n</tool_call>",
            "user: <tool_response>\n{\"sun\":1}\n</tool_response>\n<tool_response>\nnoon\n"
                + "</tool_response>",
            "user: And Bern?");
  }

  @Test
  void qwenCoderWritesArgumentsInTags() {
    List<String> messages = rendered(format("qwen3_5_nothink"), TALK, NOW);
    assertThat(messages.getFirst())
        .startsWith("system: You are a helpful assistant.\n\n# Tools\n\n")
        .contains("<tools>\n" + tool(NOW_FUNCTION) + "\n</tools>")
        .contains("<tool_call>\n<function=function_name>\n<parameter=argument_name>\nvalue\n");
    assertThat(messages.get(2))
        .isEqualTo(
            "assistant: Let me see.\n<tool_call>\n<function=weather>\n<parameter=city>\nRome\n"
                + "</parameter>\n<parameter=days>\n[1, 2]\n</parameter>\n</function>\n</tool_call>\n"
                + "<tool_call>\n<function=now>\n</function>\n</tool_call>");
    assertThat(messages.get(3)).startsWith("user: <tool_response>\n{\"sun\":1}\n</tool_response>");
  }

  @Test
  void hermesReadsResultsInARoleOfTheirOwn() {
    List<String> messages = rendered(format("hermes2_pro_llama3"), TALK);
    assertThat(messages.get(2)).startsWith("tool: <tool_response>\n{\"sun\":1}\n");
    assertThat(messages).hasSize(4);
  }

  @Test
  void llamaIsToldInTheFirstMessageOfTheUser() {
    List<ChatMessage> talk = List.of(ChatMessage.system("Be brief."), QUESTION, QUESTION);
    List<String> messages = rendered(format("llama-3_1"), talk, NOW);
    assertThat(messages.get(0)).isEqualTo("system: Environment: ipython\n\nBe brief.");
    assertThat(messages.get(1))
        .isEqualTo(
            """
            user: Given the following functions, please respond with a JSON for a function call \
            with its proper arguments that best answers the given prompt.

            Respond in the format {"name": function name, "parameters": dictionary of argument \
            name and its value}.Do not use variables.

            {
                "type": "function",
                "function": {
                    "name": "now",
                    "parameters": {
                        "type": "object",
                        "properties": {}
                    }
                }
            }

            Rome?""");
    assertThat(messages.get(2)).isEqualTo("user: Rome?");
    assertThat(rendered(format("llama-3_1"), TALK))
        .containsExactly(
            "user: Rome?",
            "assistant: Let me see.\n{\"name\": \"weather\", \"parameters\": {\"city\": \"Rome\","
                + " \"days\": [1, 2]}}; {\"name\": \"now\", \"parameters\": {}}",
            "tool: {\"sun\":1}",
            "tool: noon",
            "user: And Bern?");
    assertThat(rendered(format("llama-4"), List.of(QUESTION), NOW)).hasSize(1);
  }

  @Test
  void mistralIsToldBeforeTheLastMessageOfTheUser() {
    assertThat(rendered(format("mistral_default"), TALK, NOW))
        .containsExactly(
            "user: Rome?",
            "assistant: Let me see.[TOOL_CALLS][{\"name\": \"weather\", \"arguments\": {\"city\":"
                + " \"Rome\", \"days\": [1, 2]}, \"id\": \"000000000\"}, {\"name\": \"now\","
                + " \"arguments\": {}, \"id\": \"000000001\"}]",
            "tool: [TOOL_RESULTS]{\"content\": {\"sun\": 1}, \"call_id\": \"000000000\"}"
                + "[/TOOL_RESULTS][TOOL_RESULTS]{\"content\": \"noon\", \"call_id\":"
                + " \"000000001\"}[/TOOL_RESULTS]",
            "user: [AVAILABLE_TOOLS][" + tool(NOW_FUNCTION) + "][/AVAILABLE_TOOLS]And Bern?");
  }

  @Test
  void aTemplateWithAPlaceForFunctionsGetsThem() {
    ToolPrompt prompt = format("ministral3").prompt(TALK, TOOLS, ToolChoice.auto());
    assertThat(prompt.tools()).isEmpty();
    assertThat(prompt.functions())
        .contains(
            "[AVAILABLE_TOOLS]["
                + tool(WEATHER_FUNCTION)
                + ", "
                + tool(NOW_FUNCTION)
                + "][/AVAILABLE_TOOLS]");
    assertThat(prompt.messages().get(1).content())
        .contains(
            "Let me see.[TOOL_CALLS]weather[ARGS]{\"city\": \"Rome\", \"days\": [1, 2]}"
                + "[TOOL_CALLS]now[ARGS]{}");
    assertThat(prompt.messages().get(2)).isEqualTo(new ChatMessage(Role.TOOL, "{\"sun\":1}"));
    assertThat(format("ministral3").prompt(TALK, TOOLS, ToolChoice.none()).functions()).isEmpty();
    prompt = format("gorilla").prompt(TALK, TOOLS, ToolChoice.named("now"));
    assertThat(prompt.functions()).isEmpty();
    assertThat(prompt.tools()).containsExactly(NOW);
    assertThat(prompt.messages().getFirst()).isEqualTo(QUESTION);
    assertThat(prompt.messages().get(1).content())
        .contains("Let me see.\n[weather(city=\"Rome\", days=[1, 2]), now()]");
    assertThat(prompt.messages().get(2).content()).contains("weather: {\"sun\":1}\nnow: noon");
  }

  @Test
  void deepSeekHasMarksOfItsOwn() {
    List<String> messages = rendered(format("deepseek_v3"), TALK, NOW);
    assertThat(messages.getFirst())
        .endsWith(
            "\n\n## Tools\nYou have access to the following tools:\n\n### now\nParameters:"
                + " {\"type\": \"object\", \"properties\": {}}\n\nTo call a tool, write exactly:\n"
                + "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>tool_name\n"
                + "```json\n{\"argument_name\": \"value\"}\n```<｜tool▁call▁end｜>"
                + "<｜tool▁calls▁end｜>");
    assertThat(messages.get(2))
        .isEqualTo(
            "assistant: Let me see.\n<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function"
                + "<｜tool▁sep｜>weather\n```json\n{\"city\": \"Rome\", \"days\": [1, 2]}\n```"
                + "<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>now\n```json\n{}"
                + "\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>");
    assertThat(messages.get(3))
        .isEqualTo(
            "user: <｜tool▁outputs▁begin｜><｜tool▁output▁begin｜>{\"sun\":1}<｜tool▁output▁end｜>\n"
                + "<｜tool▁output▁begin｜>noon<｜tool▁output▁end｜><｜tool▁outputs▁end｜>");
    ToolFormat newer = format("deepseek_v3").withFamily(ToolFamily.DEEPSEEK_V3_1);
    assertThat(rendered(newer, TALK).get(1))
        .endsWith("<｜tool▁call▁begin｜>now<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>");
  }

  @Test
  void gemmaIsToldByTheUser() {
    List<String> messages = rendered(format("gemma3_instruction"), TALK, NOW);
    assertThat(messages.getFirst())
        .startsWith("user: You have access to functions.")
        .endsWith("\n  }\n]\n\nRome?");
    assertThat(messages.get(2))
        .isEqualTo("user: ```tool_output\n{\"sun\":1}\n```\n```tool_output\nnoon\n```");
  }

  @Test
  void othersAreToldHowToCall() {
    List<String> messages = rendered(format("chatml_nosystem"), List.of(QUESTION), NOW);
    assertThat(messages.getFirst())
        .startsWith("system: You can call functions.")
        .contains("<tools>\n" + tool(NOW_FUNCTION) + "\n</tools>")
        .contains("<tool_call>\n{\"name\": \"function_name\",");
    assertThat(messages.getLast()).isEqualTo("user: Rome?");
  }

  @ParameterizedTest
  @EnumSource
  void withoutFunctionsNothingIsTold(ToolFamily family) {
    ToolFormat format = format("qwen2").withFamily(family);
    List<ChatMessage> talk =
        List.of(ChatMessage.user(List.of("a", "b")), ChatMessage.assistant("c"));
    ToolPrompt none = new ToolPrompt(talk, List.of());
    assertThat(format.prompt(talk, TOOLS, ToolChoice.none())).isEqualTo(none);
    assertThat(format.prompt(talk, List.of(), ToolChoice.auto())).isEqualTo(none);
  }

  @ParameterizedTest
  @EnumSource
  void onlyANamedFunctionIsTold(ToolFamily family) {
    ToolFormat format = format("qwen2").withFamily(family);
    ToolPrompt prompt = format.prompt(List.of(QUESTION), TOOLS, ToolChoice.named("now"));
    String text = String.join("", prompt.messages().stream().map(m -> m.content().get()).toList());
    assertThat(text).contains("now").doesNotContain("weather").endsWith("Rome?");
  }

  @ParameterizedTest
  @EnumSource
  void aCallWhoseArgumentsAreNotJsonIsStillRendered(ToolFamily family) {
    ChatMessage call =
        ChatMessage.assistant(Optional.empty(), List.of(ToolCall.of("a", "weather", "{\"a\": o")));
    List<String> messages = rendered(format("qwen2").withFamily(family), List.of(QUESTION, call));
    assertThat(messages.getLast()).contains("weather").contains("o");
  }

  @Test
  void chatTemplatesThatWriteCallsGetTheMessages() {
    ToolFormat qwen = ToolFormat.ofChatTemplate("tools <tool_call> message.tool_calls", "");
    assertThat(qwen.prompt(TALK, TOOLS, ToolChoice.auto())).isEqualTo(new ToolPrompt(TALK, TOOLS));

    ToolFormat mistral = ToolFormat.ofChatTemplate("tools [TOOL_CALLS] message.tool_calls", "");
    List<ChatMessage> messages = mistral.prompt(TALK, TOOLS, ToolChoice.auto()).messages();
    assertThat(messages.get(1).toolCalls())
        .extracting(ToolCall::id)
        .containsExactly("000000000", "000000001");
    assertThat(messages.get(3).toolCallId()).contains("000000001");

    ToolFormat llama = ToolFormat.ofChatTemplate("tools <|python_tag|> message.tool_calls", "");
    messages = llama.prompt(TALK, TOOLS, ToolChoice.auto()).messages();
    assertThat(messages).extracting(m -> m.toolCalls().size()).containsExactly(0, 1, 0, 1, 0, 0);
    assertThat(messages.get(1).content()).contains("Let me see.\n");
    assertThat(messages.get(3).content()).isEmpty();
    assertThat(messages.get(4)).isEqualTo(TALK.get(3));
    List<ChatMessage> unanswered = List.of(QUESTION, CALLS, QUESTION);
    assertThat(llama.prompt(unanswered, TOOLS, ToolChoice.auto()).messages())
        .extracting(m -> m.toolCalls().size())
        .containsExactly(0, 1, 1, 0);
  }

  @Test
  void chatTemplatesWithoutToolsAreToldInTheMessages() {
    ToolFormat plain = ToolFormat.ofChatTemplate("{% for m in messages %}", "llama");
    assertThat(plain.family()).isEqualTo(ToolFamily.GENERIC);
    List<String> messages = rendered(plain, TALK, NOW);
    assertThat(messages.getFirst()).startsWith("system: You can call functions.");
    assertThat(messages.get(3)).startsWith("user: <tool_response>");

    ToolFormat gemma =
        ToolFormat.ofChatTemplate(
            "<start_of_turn> raise_exception('System role not supported')", "");
    assertThat(rendered(gemma, TALK, NOW).getFirst()).startsWith("user: You have access");
    ToolFormat other = gemma.withFamily(ToolFamily.HERMES);
    assertThat(rendered(other, TALK, NOW).getFirst()).startsWith("user: # Tools");
  }
}
