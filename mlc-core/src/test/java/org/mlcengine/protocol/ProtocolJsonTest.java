package org.mlcengine.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mlcengine.errors.InvalidRequestException;

class ProtocolJsonTest {
  private static final String CALL =
      "{'id':'1','type':'function','function':{'name':'f','arguments':'{}'}}";
  private static final String TOOL = "{'type':'function','function':{'name':'f'}}";
  private static final String USER = "'messages':[{'role':'user','content':'hi'}]";

  static ChatCompletionCreateParams fullChat() {
    return ChatCompletionCreateParams.builder()
        .model("m")
        .addSystemMessage("be brief")
        .addUserMessage("héllo \uD83D\uDE00 \"\\\n")
        .addAssistantMessage("")
        .addMessage(ChatMessage.user(List.of("a", "b")).withName("me"))
        .addMessage(
            ChatMessage.assistant(
                Optional.empty(), List.of(ToolCall.of("c1", "f", "{}"), ToolCall.of("2", "g", ""))))
        .addToolMessage("c1", "42")
        .tools(
            List.of(
                Tool.function("f", "does", "{\"type\": \"object\"}"),
                new Tool(new FunctionDefinition("g-1", Optional.empty(), Optional.empty(), true))))
        .toolChoice(ToolChoice.named("g-1"))
        .parallelToolCalls(false)
        .logprobs(true)
        .topLogprobs(20)
        .responseFormat(new ResponseFormat.JsonSchema("s", "{\"type\": \"object\"}"))
        .temperature(0.7)
        .topP(0.9)
        .topK(40)
        .minP(0.05)
        .presencePenalty(0.1)
        .frequencyPenalty(-0.2)
        .repetitionPenalty(1.1)
        .logitBias(Map.of(5, -1.5, 70, 3.0))
        .seed(Long.MIN_VALUE)
        .maxTokens(12)
        .stop("a", "b")
        .n(3)
        .user("me")
        .includeUsage(true)
        .ignoreEos(true)
        .build();
  }

  private static void assertJson(Object value, String expected) throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    assertThat(mapper.readTree(ProtocolJson.write(value)))
        .isEqualTo(mapper.readTree(expected.replace('\'', '"')));
  }

  private static ChatCompletionCreateParams chat(String json) {
    return ProtocolJson.read(json.replace('\'', '"'), ChatCompletionCreateParams.class);
  }

  @Test
  void requestsComeBackAsTheyWent() {
    ChatCompletionCreateParams chat = fullChat();
    assertThat(ProtocolJson.read(ProtocolJson.write(chat), ChatCompletionCreateParams.class))
        .usingRecursiveComparison()
        .isEqualTo(chat);
    assertThat(
            ProtocolJson.read(
                ProtocolJson.write(chat).getBytes(UTF_8), ChatCompletionCreateParams.class))
        .usingRecursiveComparison()
        .isEqualTo(chat);
    for (CompletionCreateParams text :
        List.of(
            CompletionCreateParams.builder().prompt("").topP(1).build(),
            CompletionCreateParams.builder().promptTokens(3, 1, 4).ignoreEos(true).build(),
            CompletionCreateParams.builder().prompt("x").logprobs(5).build(),
            CompletionCreateParams.builder().prompt("x").echo(true).stream(true)
                .responseFormat(new ResponseFormat.Regex("a+"))
                .build())) {
      assertThat(ProtocolJson.read(ProtocolJson.write(text), CompletionCreateParams.class))
          .usingRecursiveComparison()
          .isEqualTo(text);
    }
    ChatMessage message = ChatMessage.assistant("x");
    assertThat(ProtocolJson.read(ProtocolJson.write(message), ChatMessage.class))
        .isEqualTo(message);
  }

  @Test
  void requestsHaveOpenAisNames() throws Exception {
    assertJson(
        fullChat(),
        """
        {'model':'m','messages':[{'role':'system','content':'be brief'},
          {'role':'user','content':'héllo \uD83D\uDE00 \\"\\\\\\n'},{'role':'assistant','content':''},
          {'role':'user','content':[{'type':'text','text':'a'},{'type':'text','text':'b'}],
           'name':'me'},
          {'role':'assistant','content':null,'tool_calls':[
           {'id':'c1','type':'function','function':{'name':'f','arguments':'{}'}},
           {'id':'2','type':'function','function':{'name':'g','arguments':''}}]},
          {'role':'tool','content':'42','tool_call_id':'c1'}],
         'tools':[{'type':'function','function':{'name':'f','description':'does',
          'parameters':{'type':'object'}}},
          {'type':'function','function':{'name':'g-1','strict':true}}],
         'tool_choice':{'type':'function','function':{'name':'g-1'}},'parallel_tool_calls':false,
         'logprobs':true,'top_logprobs':20,
         'temperature':0.7,'top_p':0.9,'top_k':40,'min_p':0.05,
         'presence_penalty':0.1,'frequency_penalty':-0.2,'repetition_penalty':1.1,
         'logit_bias':{'5':-1.5,'70':3.0},'seed':-9223372036854775808,'max_tokens':12,
         'stop':['a','b'],'n':3,'response_format':{'type':'json_schema','json_schema':{'name':'s',
          'schema':{'type':'object'},'strict':true}},'user':'me','stream':true,
         'stream_options':{'include_usage':true},'debug_config':{'ignore_eos':true}}""");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "body | [1]",
        "body | {",
        "body | ``",
        "body | {} {}",
        "body | {'n':1,'n':1}",
        "messages | {'messages':{}}",
        "messages | {}",
        "messages | {'messages':null}",
        "messages[0] | {'messages':[null]}",
        "messages[0].role | {'messages':[{'content':'x'}]}",
        "messages[0].content | {'messages':[{'role':'user'}]}",
        "messages[0].content[0].text | {'messages':[{'role':'user','content':[{'type':'text'}]}]}",
        "messages[0].content[0].a | {'messages':[{'role':'user','content':[{'type':'text','text':'','a':1}]}]}",
        "messages[0].content[0].type | {'messages':[{'role':'user','content':[{'type':'input_audio'}]}]}",
        "messages[0].content[0].type | {'messages':[{'role':'user','content':[{'type':'refusal','refusal':''}]}]}",
        "messages[0].content[0].type | {'messages':[{'role':'user','content':[{}]}]}",
        "messages[0].content[0] | {'messages':[{'role':'user','content':['a']}]}",
        "messages[0].content | {'messages':[{'role':'user','content':[]}]}",
        "messages[0].content | {'messages':[{'role':'user','content':5}]}",
        "messages[0].content | {'messages':[{'role':'assistant','tool_calls':[]}]}",
        "messages[0].refusal | {'messages':[{'role':'user','content':'','refusal':'no'}]}",
        "messages[0].tool_calls | {'messages':[{'role':'user','content':'','tool_calls':[CALL]}]}",
        "messages[0].tool_calls[1].id | {'messages':[{'role':'assistant','tool_calls':[CALL,CALL]}]}",
        "messages[0].tool_calls[0].id | {'messages':[{'role':'assistant','tool_calls':[{'type':'function','function':{'name':'f','arguments':''}}]}]}",
        "messages[0].tool_calls[0].function | {'messages':[{'role':'assistant','tool_calls':[{'id':'1','type':'function'}]}]}",
        "messages[0].tool_call_id | {'messages':[{'role':'user','content':'','tool_call_id':'1'}]}",
        "messages[0].tool_call_id | {'messages':[{'role':'tool','content':'','tool_call_id':'1'}]}",
        "messages[1].tool_call_id | {'messages':[{'role':'assistant','tool_calls':[CALL]},{'role':'tool','content':''}]}",
        "messages[1].tool_call_id | {'messages':[{'role':'assistant','tool_calls':[CALL]},{'role':'tool','content':'','tool_call_id':'2'}]}",
        "messages[1].content | {'messages':[{'role':'assistant','tool_calls':[CALL]},{'role':'tool','tool_call_id':'1'}]}",
        "messages[1].role | {'messages':[{'role':'user','content':''},{'role':'developer','content':''}]}",
        "messages[1].role | {'messages':[{'role':'user','content':''},{'role':1}]}",
        "temperature | {USER,'temperature':'0.5'}",
        "temperature | {USER,'temperature':1e999}",
        "top_p | {USER,'top_p':2}",
        "max_tokens | {USER,'max_tokens':1.5}",
        "max_tokens | {USER,'max_tokens':4294967297}",
        "max_tokens | {USER,'max_tokens':0}",
        "max_completion_tokens | {USER,'max_completion_tokens':0}",
        "max_completion_tokens | {USER,'max_tokens':1,'max_completion_tokens':2}",
        "seed | {USER,'seed':18446744073709551616}",
        "stop | {USER,'stop':1}",
        "stop[1] | {USER,'stop':['a',null]}",
        "logit_bias | {USER,'logit_bias':[]}",
        "logit_bias.5 | {USER,'logit_bias':{'5':1,'05':1}}",
        "logit_bias.x | {USER,'logit_bias':{'x':1}}",
        "logit_bias.5 | {USER,'logit_bias':{'5':'1'}}",
        "logit_bias.5 | {USER,'logit_bias':{'5':101}}",
        "debug_config.ignore_eos | {USER,'debug_config':{'ignore_eos':1}}",
        "debug_config.special_request | {USER,'debug_config':{'special_request':'x'}}",
        "stream_options | {USER,'stream_options':true}",
        "stream_options | {USER,'stream_options':{'include_usage':true}}",
        "stream_options | {USER,'stream':false,'stream_options':{}}",
        "stream_options.a | {USER,'stream':true,'stream_options':{'a':true}}",
        "ignore_eos | {USER,'ignore_eos':false,'debug_config':{'ignore_eos':true}}",
        "n | {USER,'n':129}",
        "top_k | {USER,'top_k':-2}",
        "min_p | {USER,'min_p':1.1}",
        "logprobs | {USER,'logprobs':5}",
        "top_logprobs | {USER,'logprobs':true,'top_logprobs':21}",
        "top_logprobs | {USER,'top_logprobs':1}",
        "tools | {USER,'tools':{}}",
        "tools[0].type | {USER,'tools':[{'function':{'name':'f'}}]}",
        "tools[0].function | {USER,'tools':[{'type':'function'}]}",
        "tools[0].function.name | {USER,'tools':[{'type':'function','function':{}}]}",
        "tools[0].function.name | {USER,'tools':[{'type':'function','function':{'name':'a b'}}]}",
        "tools[1].function.name | {USER,'tools':[TOOL,TOOL]}",
        "tools[0].function.parameters | {USER,'tools':[{'type':'function','function':{'name':'f','parameters':'{}'}}]}",
        "tools[0].function.parameters | {USER,'tools':[{'type':'function','function':{'name':'f','parameters':{'a':1e999}}}]}",
        "tool_choice | {USER,'tool_choice':'required'}",
        "tool_choice | {USER,'tools':[TOOL],'tool_choice':'f'}",
        "tool_choice.function.name | {USER,'tools':[TOOL],'tool_choice':{'type':'function','function':{'name':'g'}}}",
        "tool_choice.name | {USER,'tools':[TOOL],'tool_choice':{'type':'function','name':'f'}}",
        "response_format.type | {USER,'response_format':{}}",
        "response_format.type | {USER,'response_format':{'type':'xml'}}",
        "response_format.schema | {USER,'response_format':{'type':'text','schema':'{}'}}",
        "response_format.schema | {USER,'response_format':{'type':'json_object','schema':'{'}}",
        "response_format.schema | {USER,'response_format':{'type':'json_object','schema':'[]'}}",
        "response_format.json_schema | {USER,'response_format':{'type':'json_schema'}}",
        "response_format.json_schema.name | {USER,'response_format':{'type':'json_schema','json_schema':{'schema':{}}}}",
        "response_format.json_schema.name | {USER,'response_format':{'type':'json_schema','json_schema':{'name':''}}}",
        "response_format.pattern | {USER,'response_format':{'type':'regex','pattern':''}}",
        "response_format.grammar | {USER,'response_format':{'type':'ebnf'}}",
        "response_format.format | {USER,'response_format':{'type':'structural_tag'}}",
        "response_format.format | {USER,'response_format':{'type':'structural_tag','format':{},'triggers':[]}}",
        "response_format.triggers | {USER,'response_format':{'type':'structural_tag','structures':[{'begin':'','schema':{},'end':''}]}}",
        "response_format.structures[0].end | {USER,'response_format':{'type':'structural_tag','triggers':['a'],'structures':[{'begin':'','schema':{}}]}}",
        "Temperature | {USER,'Temperature':1}",
      })
  void namesTheFieldThatItRefuses(String parameter, String json) {
    assertThatThrownBy(
            () -> chat(json.replace("USER", USER).replace("CALL", CALL).replace("TOOL", TOOL)))
        .isInstanceOfSatisfying(
            InvalidRequestException.class, e -> assertThat(e.parameter()).isEqualTo(parameter));
  }

  @Test
  void aNullIsAMissingValue() {
    ChatCompletionCreateParams params =
        chat("{" + USER + ",'temperature':null,'stop':null,'n':null,'max_completion_tokens':9}");
    assertThat(params.temperature()).isEmpty();
    assertThat(params.stop()).isEmpty();
    assertThat(params.n()).isEqualTo(1);
    assertThat(params.maxTokens()).hasValue(9);
  }

  @Test
  void aTimeoutMayBeOfAnyLength() {
    assertThat(chat("{" + USER + ",'timeout_s':1e-9}").timeout()).hasValue(Duration.ofNanos(1));
    assertThat(chat("{" + USER + ",'timeout_s':1e300}").timeout().orElseThrow())
        .isGreaterThan(Duration.ofDays(10_000));
  }

  @Test
  void aStopMayBeOneString() {
    assertThat(chat("{" + USER + ",'stop':'x'}").stop()).containsExactly("x");
  }

  @Test
  void whatClientsSendByDefaultIsAccepted() {
    ChatCompletionCreateParams params =
        chat(
            "{'messages':[{'role':'developer','content':'s'},{'role':'user','content':'hi'},"
                + "{'role':'assistant','content':'yes','refusal':null,'annotations':[],'audio':null,"
                + "'function_call':null,'tool_calls':[]},"
                + "{'role':'assistant','content':null,'refusal':'no'}],"
                + "'store':false,'service_tier':'auto','modalities':['text'],'metadata':{},"
                + "'verbosity':'medium','tools':[],'tool_choice':'auto','functions':null,"
                + "'parallel_tool_calls':true,'top_logprobs':0,'top_k':-1,'stream':true,"
                + "'stream_options':{'include_usage':true,'include_obfuscation':false},"
                + "'debug_config':{'pinned_system_prompt':false,"
                + "'grammar_execution_mode':'constraint'}}");
    assertThat(params.messages())
        .containsExactly(
            ChatMessage.system("s"),
            ChatMessage.user("hi"),
            ChatMessage.assistant("yes"),
            ChatMessage.assistant("no"));
    assertThat(params.topK()).hasValue(0);
    assertThat(params.toolChoice()).isEqualTo(ToolChoice.auto());
    assertThat(params.includeUsage()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "prompt | {}",
        "prompt | {'prompt':{}}",
        "prompt | {'prompt':['a','b']}",
        "prompt | {'prompt':[[1],[2]]}",
        "prompt[1] | {'prompt':[1,'b']}",
        "prompt[0] | {'prompt':[[['a']]]}",
        "prompt | {'prompt':[-1]}",
        "logprobs | {'prompt':'a','logprobs':6}",
        "logprobs | {'prompt':'a','logprobs':true}",
        "best_of | {'prompt':'a','n':2,'best_of':3}",
        "echo | {'prompt':'a','echo':1}",
        "echo | {'prompt':'a','echo':true,'logprobs':0}",
        "suffix | {'prompt':'a','suffix':''}",
        "response_format.json_schema.name | {'prompt':'a','response_format':{'type':'json_schema','json_schema':{'name':'ä'}}}",
      })
  void namesTheFieldOfATextCompletionThatItRefuses(String parameter, String json) {
    assertThatThrownBy(
            () -> ProtocolJson.read(json.replace('\'', '"'), CompletionCreateParams.class))
        .isInstanceOfSatisfying(
            InvalidRequestException.class, e -> assertThat(e.parameter()).isEqualTo(parameter));
  }

  @Test
  void aPromptMayStandInAList() {
    assertThat(ProtocolJson.read("{\"prompt\":[\"a\"]}", CompletionCreateParams.class).prompt())
        .contains("a");
    for (String ids : List.of("[1,2]", "[[1,2]]")) {
      assertThat(
              ProtocolJson.read(
                      "{\"prompt\":" + ids + ",\"n\":2,\"best_of\":2}",
                      CompletionCreateParams.class)
                  .promptTokens()
                  .orElseThrow())
          .containsExactly(1, 2);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'type':'text'} | {'type':'text'}",
        "{'type':'json_object'} | {'type':'json_object'}",
        "{'type':'json_object','schema':{'a': 1}} | {'type':'json_object','schema':'{\\'a\\':1}'}",
        "{'type':'ebnf','grammar':'g'} | {'type':'grammar','grammar':'g'}",
        "{'type':'regex','pattern':'p'} | {'type':'regex','pattern':'p'}",
        "{'type':'structural_tag','format':{'a':1}} | {'type':'structural_tag','format':{'a':1}}",
        "{'type':'structural_tag','triggers':['<'],'structures':[{'begin':'<a>','schema':{'b':1},'end':'</a>'}]} |"
            + " {'type':'structural_tag','format':{'type':'triggered_tags','triggers':['<'],'tags':["
            + "{'type':'tag','begin':'<a>','content':{'type':'json_schema','json_schema':{'b':1}},'end':'</a>'}]}}",
      })
  void formsAreWrittenInOneWay(String given, String written) throws Exception {
    ChatCompletionCreateParams params = chat("{" + USER + ",'response_format':" + given + "}");
    assertJson(params, "{" + USER + ",'response_format':" + written + "}");
    assertThat(ProtocolJson.read(ProtocolJson.write(params), ChatCompletionCreateParams.class))
        .usingRecursiveComparison()
        .isEqualTo(params);
  }

  @Test
  void schemasGivenInJavaMustBeJson() {
    assertThatThrownBy(() -> new ResponseFormat.JsonSchema("a", "{"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("line 1, column 2");
    assertThatThrownBy(() -> Tool.function("a", "b", "[]"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("JSON text of an object");
    assertThatThrownBy(() -> new ResponseFormat.StructuralTag("{\"a\":1,\"a\":2}"))
        .isInstanceOf(InvalidRequestException.class);
  }

  @Test
  void otherTypesHaveNoJson() {
    assertThatThrownBy(() -> ProtocolJson.write("x")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ProtocolJson.read("{}", String.class))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
