package org.mlcengine.conversation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.FunctionDefinition;
import org.mlcengine.protocol.Role;
import org.mlcengine.protocol.Tool;
import org.mlcengine.protocol.ToolChoice;

class ConversationTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Made by {@code src/test/scripts/conversation_vectors.py}. */
  private static final JsonNode VECTORS = resource("vectors.json");

  private static JsonNode resource(String name) {
    try (InputStream in = ConversationTest.class.getResourceAsStream(name)) {
      return MAPPER.readTree(in);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static JsonNode json(String text) {
    try {
      return MAPPER.readTree(text.replace('\'', '"'));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  static Iterable<String> names() {
    return () -> VECTORS.path("prompts").fieldNames();
  }

  private static List<ChatMessage> messages(JsonNode json) {
    List<ChatMessage> messages = new ArrayList<>();
    for (JsonNode message : json) {
      Role role = Role.valueOf(message.get(0).textValue().toUpperCase(Locale.ROOT));
      List<String> parts = new ArrayList<>();
      if (message.get(1).isTextual()) {
        parts.add(message.get(1).textValue());
      }
      message.get(1).forEach(part -> parts.add(part.textValue()));
      messages.add(new ChatMessage(role, parts, Optional.empty(), List.of(), Optional.empty()));
    }
    return messages;
  }

  @ParameterizedTest
  @MethodSource("names")
  void rendersEveryRegisteredTemplate(String name) {
    Conversation registered = Conversation.named(name);
    Conversation withFunctions =
        registered.withFunctionString(VECTORS.path("functions").textValue());
    VECTORS
        .path("conversations")
        .fields()
        .forEachRemaining(
            entry -> {
              Conversation conversation =
                  entry.getKey().equals("functions") ? withFunctions : registered;
              List<ChatMessage> request = messages(entry.getValue());
              JsonNode expected = VECTORS.path("prompts").path(name).get(entry.getKey());
              if (expected.isNull()) {
                assertThatThrownBy(() -> conversation.render(request))
                    .isInstanceOf(InvalidRequestException.class);
              } else {
                assertThat(conversation.render(request).text())
                    .as(entry.getKey())
                    .isEqualTo(expected.textValue());
              }
            });
  }

  @Test
  void theVectorsCoverTheRegistry() {
    assertThat(names()).hasSize(53 + 7);
    assertThat(ConversationRegistry.names()).containsAll(names()).hasSize(53 + 7 + 4);
    assertThat(VECTORS.path("conversations")).hasSize(8);
  }

  @Test
  void chatmlLooksAsEverywhere() {
    Prompt prompt =
        Conversation.named("chatml")
            .render(List.of(ChatMessage.system("Be brief."), ChatMessage.user("Hi")));
    assertThat(prompt.prefixTokenIds()).isEmpty();
    assertThat(prompt.text())
        .isEqualTo(
            """
            <|im_start|>system
            Be brief.<|im_end|>
            <|im_start|>user
            Hi<|im_end|>
            <|im_start|>assistant
            """);
    assertThat(Conversation.named("qwen").systemTemplate())
        .isEqualTo(Conversation.named("chatml").systemTemplate());
  }

  @Test
  void readsAnObjectOfWhichOnlyRolesAndSeparatorsAreGiven() {
    Conversation conversation =
        Conversation.of(
            json(
                "{'roles':{'user':'U','assistant':'A'},'seps':['|'],'name':null,"
                    + "'system_prefix_token_ids':null,'of_a_later_version':1}"));
    assertThat(conversation.stopStrings()).isEmpty();
    assertThat(conversation.name()).isEmpty();
    assertThat(conversation.render(List.of(ChatMessage.user("x"))))
        .isEqualTo(new Prompt(List.of(), "Ux|A"));
  }

  @Test
  void readsAllFields() {
    Conversation conversation =
        Conversation.of(
            json(
                """
                {'name':'n','system_template':'[{system_message}]','system_message':'s',
                 'system_prefix_token_ids':[1,2],'add_role_after_system_message':false,
                 'roles':{'user':'U','assistant':'A','tool':'T'},
                 'role_templates':{'user':'<{user_message}>','assistant':null},
                 'messages':[['user','p'],['assistant',null]],'seps':['|','/'],
                 'role_content_sep':'=','role_empty_sep':'_','stop_str':['','END'],
                 'stop_token_ids':[7],'strip_reasoning_in_history':true,
                 'function_string':'f','use_function_calling':false}"""));
    assertThat(conversation)
        .isEqualTo(
            new Conversation(
                "n",
                "[{system_message}]",
                "s",
                List.of(1, 2),
                false,
                Map.of(Role.USER, "U", Role.ASSISTANT, "A", Role.TOOL, "T"),
                Map.of(Role.USER, "<{user_message}>"),
                List.of(ChatMessage.user("p"), new ChatMessage(Role.ASSISTANT, Optional.empty())),
                "|",
                "/",
                "=",
                "_",
                List.of("END"),
                List.of(7),
                true,
                "f"));
    assertThat(conversation.render(List.of(ChatMessage.user("q"), ChatMessage.assistant("a"))))
        .isEqualTo(new Prompt(List.of(1, 2), "[s]<p>|A_U=<q>|A=a/A_"));
    assertThat(Conversation.of(json("'stablelm'")).stopStrings()).isEmpty();
  }

  @Test
  void olderNamesHaveTheirData() {
    assertThat(Conversation.named("guanaco").render(List.of(ChatMessage.user("Hi"))))
        .isEqualTo(
            new Prompt(
                List.of(1),
                "A chat between a curious user and an artificial intelligence assistant. The"
                    + " assistant gives helpful, detailed, and polite answers to the user's"
                    + " questions.\nUSER: Hi\nASSISTANT:"));
    assertThat(Conversation.named("stablecode_completion").render(List.of(ChatMessage.user("x"))))
        .isEqualTo(new Prompt(List.of(), "x"));
  }

  @Test
  void toolsAreWrittenAsMlcWritesThem() {
    Conversation conversation =
        Conversation.of(
            json(
                "{'roles':{'user':'','assistant':''},'seps':[''],"
                    + "'role_templates':{'user':'{function_string}|{user_message}'}}"));
    List<ChatMessage> question = List.of(ChatMessage.user("q"));
    assertThat(conversation.hasFunctionString()).isTrue();
    assertThat(Conversation.named("chatml").hasFunctionString()).isFalse();
    assertThat(Conversation.named("gorilla").hasFunctionString()).isTrue();
    List<Tool> tools =
        List.of(
            Tool.function("f", "\u00c4", "{\"type\": \"object\"}"),
            new Tool(new FunctionDefinition("g", Optional.empty(), Optional.empty(), false)));
    assertThat(conversation.render(question, tools, ToolChoice.auto()).text())
        .isEqualTo(
            "[{\"description\": \"\\u00c4\", \"name\": \"f\", \"parameters\": {\"type\":"
                + " \"object\"}}, {\"description\": null, \"name\": \"g\", \"parameters\":"
                + " {\"type\": \"object\", \"properties\": {}}}]|q");
    assertThat(conversation.render(question, tools, ToolChoice.named("f")).text())
        .isEqualTo(
            "{\"description\":\"\u00c4\",\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}|q");
    assertThat(conversation.render(question, tools, ToolChoice.none()).text()).isEqualTo("|q");
    assertThat(conversation.render(question, List.of(), ToolChoice.auto()).text()).isEqualTo("|q");
  }

  @Test
  void thoughtsOfSeveralPartsAreLeftOut() {
    Conversation conversation =
        Conversation.of(
            json(
                "{'roles':{'user':'U','assistant':'A'},'seps':['|'],"
                    + "'strip_reasoning_in_history':true}"));
    ChatMessage thoughtful =
        new ChatMessage(
            Role.ASSISTANT,
            List.of("<think>a", "b</think>\n\nc", "d"),
            Optional.empty(),
            List.of(),
            Optional.empty());
    assertThat(
            conversation
                .render(List.of(ChatMessage.user("x"), thoughtful, ChatMessage.user("y")))
                .text())
        .isEqualTo("Ux|Acd|Uy|A");
  }

  @Test
  void presetMessagesMayHaveParts() {
    Conversation conversation =
        Conversation.of(
            json(
                "{'roles':{'user':'U','assistant':'A'},'seps':['|'],'messages':[['user',"
                    + "[{'type':'text','text':'a'},{'type':'text','text':'b'}]]]}"));
    assertThat(conversation.render(List.of()).text()).isEqualTo("Uab|A");
  }

  @Test
  void theLastPlaceForFunctionsIsFilled() {
    ObjectNode template = (ObjectNode) json("{'roles':{'user':'','assistant':''},'seps':['']}");
    Conversation conversation = Conversation.of(template.put("function_string", "f"));
    String user = "a{function_string}b{function_string}c";
    assertThat(conversation.render(List.of(ChatMessage.user(user))).text()).isEqualTo("abfc");
  }

  @Test
  void anUnknownNameListsWhatExists() {
    assertThatThrownBy(() -> Conversation.named("mosses"))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("'mosses'")
        .hasMessageContaining("chatml, chatml_nosystem");
  }

  @Test
  void aTemplateWithAnImageIsRefusedByName() {
    assertThatThrownBy(() -> Conversation.named("minigpt"))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("'minigpt'")
        .hasMessageContaining("image")
        .hasMessageContaining("use a model");
  }

  @Test
  void olderTemplatesBeginWithAnExample() {
    Prompt shot = Conversation.named("conv_one_shot").render(List.of(ChatMessage.user("Hi")));
    assertThat(shot.prefixTokenIds()).containsExactly(1);
    assertThat(shot.text())
        .startsWith("A chat between a curious human and an artificial intelligence assistant. ")
        .contains("human's questions.\n###Human: What are the key differences between renewable")
        .contains("energy sources?\n###Assistant: Renewable energy sources are those")
        .contains("sources:\n1. Availability: Renewable")
        .endsWith("social instability.\n###Human: Hi\n###Assistant:");
    Prompt rwkv = Conversation.named("rwkv").render(List.of(ChatMessage.user("Hi")));
    assertThat(rwkv.prefixTokenIds()).isEmpty();
    assertThat(rwkv.text())
        .startsWith("\nThe following is a coherent verbose detailed conversation")
        .contains(
            "informative advices.\n\nBob: Hello Alice, how are you doing?\n\nAlice: Hi! Thanks")
        .endsWith("So please go ahead!\n\nBob: Hi\n\nAlice:");
  }

  @Test
  void mossEndsItsTurnsByMarks() {
    Conversation moss = Conversation.named("moss");
    Prompt prompt =
        moss.render(
            List.of(ChatMessage.user("Hi"), ChatMessage.assistant("Yes"), ChatMessage.user("Go")));
    assertThat(prompt.text())
        .startsWith("You are an AI assistant whose name is MOSS.\n- MOSS is a conversational")
        .contains("such as English and \u4E2D\u6587. MOSS can perform")
        .endsWith(
            "that MOSS can possess.\n<eoh>\n<|Human|>: Hi<eoh>\n<|MOSS|>: Yes<eom>\n"
                + "<|Human|>: Go<eoh>\n<|MOSS|>:");
    assertThat(moss.stopStrings()).containsExactly("<eom>");
  }

  @Test
  void anUnknownRoleListsWhatExists() {
    assertThatThrownBy(
            () ->
                Conversation.named("chatml")
                    .render(List.of(ChatMessage.user("x"), new ChatMessage(Role.TOOL, "y"))))
        .isInstanceOfSatisfying(
            InvalidRequestException.class,
            e -> assertThat(e.parameter()).isEqualTo("messages[1].role"))
        .hasMessageContaining("'chatml' (user, assistant), found tool");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "conv_template: | 3",
        "conv_template: | null",
        "conv_template.roles: | {'seps':['']}",
        "conv_template.roles: | {'roles':{'user':'U'},'seps':['']}",
        "conv_template.roles: | {'roles':[],'seps':['']}",
        "conv_template.roles.user: | {'roles':{'user':1,'assistant':''},'seps':['']}",
        "conv_template.seps: | {ROLES}",
        "conv_template.seps: | {ROLES,'seps':[]}",
        "conv_template.seps: | {ROLES,'seps':['','','']}",
        "conv_template.seps[1]: | {ROLES,'seps':['',2]}",
        "conv_template.seps: | {ROLES,'seps':'x'}",
        "conv_template.stop_token_ids[0]: | {ROLES,'seps':[''],'stop_token_ids':[-1]}",
        "conv_template.stop_str[0]: | {ROLES,'seps':[''],'stop_str':[null]}",
        "conv_template.system_message: | {ROLES,'seps':[''],'system_message':[]}",
        "conv_template.messages[0]: | {ROLES,'seps':[''],'messages':[['user']]}",
        "conv_template.messages[0][0]: | {ROLES,'seps':[''],'messages':[['tool','x']]}",
        "conv_template.messages[0][1]: | {ROLES,'seps':[''],'messages':[['user',{}]]}",
        "conv_template.messages[0][1][0]: |"
            + " {ROLES,'seps':[''],'messages':[['user',[{'type':'image_url'}]]]}",
        "conv_template.messages[0][1][0].text: |"
            + " {ROLES,'seps':[''],'messages':[['user',[{'type':'text'}]]]}",
        "conv_template.add_role_after_system_message: |"
            + " {ROLES,'seps':[''],'add_role_after_system_message':0}",
      })
  void namesTheFieldThatIsWrong(String path, String template) {
    String text = template.replace("ROLES", "'roles':{'user':'','assistant':''}");
    assertThatThrownBy(() -> Conversation.of(json(text)))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageStartingWith(path)
        .hasMessageContaining("expected");
  }
}
