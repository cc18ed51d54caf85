package org.mlcengine.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mlcengine.errors.InvalidReplyException;

class ReplyJsonTest {
  private static final Usage USAGE =
      new Usage(
          10,
          4,
          2,
          Optional.of(
              new RequestMetrics(10, 4, 8, 3, Duration.ofMillis(500), Duration.ofMillis(2000))));

  private static void assertBothWays(Object value, String expected) throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    String json = ProtocolJson.write(value);
    assertThat(mapper.readTree(json)).isEqualTo(mapper.readTree(expected.replace('\'', '"')));
    assertThat((Object) ProtocolJson.read(json, value.getClass())).isEqualTo(value);
  }

  @Test
  void chatRepliesHaveOpenAisNames() throws Exception {
    assertBothWays(
        new ChatCompletion(
            "chatcmpl-1",
            7,
            "m",
            List.of(
                new ChatCompletion.Choice(0, ChatMessage.assistant("x"), FinishReason.STOP),
                new ChatCompletion.Choice(
                    1,
                    ChatMessage.assistant(
                        Optional.empty(), List.of(ToolCall.of("c", "f", "{\"a\":1}"))),
                    FinishReason.TOOL_CALLS,
                    Optional.of(
                        new Logprobs(
                            List.of(
                                new Logprobs.TokenLogprob(
                                    "é",
                                    -0.5,
                                    "é".getBytes(java.nio.charset.StandardCharsets.UTF_8),
                                    List.of(new Logprobs.TopLogprob("a", -0.25, new byte[0])))))))),
            Optional.of(USAGE)),
        """
        {'id':'chatcmpl-1','object':'chat.completion','created':7,'model':'m','choices':[
          {'index':0,'message':{'role':'assistant','content':'x','refusal':null},'logprobs':null,
           'finish_reason':'stop'},
          {'index':1,'message':{'role':'assistant','content':null,'tool_calls':[
            {'id':'c','type':'function','function':{'name':'f','arguments':'{\\"a\\":1}'}}],
            'refusal':null},
           'logprobs':{'content':[{'token':'é','logprob':-0.5,'bytes':[195,169],'top_logprobs':[
            {'token':'a','logprob':-0.25,'bytes':null}]}],'refusal':null},
           'finish_reason':'tool_calls'}],
         'system_fingerprint':'',
         'usage':{'prompt_tokens':10,'completion_tokens':4,'total_tokens':14,
          'prompt_tokens_details':{'cached_tokens':2},'extra':{
          'prompt_tokens':10,'completion_tokens':4,'prefill_tokens':8,'decode_tokens':3,
          'jump_forward_tokens':0,
          'prefill_tokens_per_s':16.0,'decode_tokens_per_s':2.0,'end_to_end_latency_s':2.0,
          'ttft_s':0.5,'inter_token_latency_s':0.5}}}""");
  }

  @Test
  void chunksHaveOpenAisNames() throws Exception {
    ChatCompletionChunk.Delta first =
        new ChatCompletionChunk.Delta(Optional.of(Role.ASSISTANT), Optional.of(""));
    ChatCompletionChunk.Delta calls =
        new ChatCompletionChunk.Delta(
            Optional.empty(),
            Optional.empty(),
            List.of(
                ChatCompletionChunk.ToolCallDelta.begin(0, "c", "f"),
                ChatCompletionChunk.ToolCallDelta.arguments(0, "{}")));
    ChatCompletionChunk.Delta last =
        new ChatCompletionChunk.Delta(Optional.empty(), Optional.empty());
    assertBothWays(
        new ChatCompletionChunk(
            "chatcmpl-1",
            7,
            "m",
            List.of(
                new ChatCompletionChunk.Choice(0, first, Optional.empty()),
                new ChatCompletionChunk.Choice(
                    1, calls, Optional.empty(), Optional.of(new Logprobs(List.of()))),
                new ChatCompletionChunk.Choice(2, last, Optional.of(FinishReason.TOOL_CALLS))),
            Optional.empty(),
            "fp"),
        """
        {'id':'chatcmpl-1','object':'chat.completion.chunk','created':7,'model':'m','choices':[
          {'index':0,'delta':{'role':'assistant','content':''},'logprobs':null,
           'finish_reason':null},
          {'index':1,'delta':{'tool_calls':[
            {'index':0,'id':'c','type':'function','function':{'name':'f','arguments':''}},
            {'index':0,'function':{'arguments':'{}'}}]},
           'logprobs':{'content':[],'refusal':null},'finish_reason':null},
          {'index':2,'delta':{},'logprobs':null,'finish_reason':'tool_calls'}],
         'system_fingerprint':'fp'}""");
  }

  @Test
  void textCompletionsHaveOpenAisNames() throws Exception {
    Map<String, Double> top = new LinkedHashMap<>();
    top.put("b", -0.5);
    top.put("c", -1.0);
    assertBothWays(
        new Completion(
            "cmpl-1",
            7,
            "m",
            List.of(
                new Completion.Choice(
                    1,
                    "ab",
                    Optional.of(FinishReason.LENGTH),
                    Optional.of(
                        new CompletionLogprobs(
                            List.of("a", "b"),
                            List.of(OptionalDouble.empty(), OptionalDouble.of(-0.5)),
                            List.of(Map.of(), top),
                            List.of(0, 1)))),
                new Completion.Choice(
                    0,
                    "",
                    Optional.empty(),
                    Optional.of(
                        new CompletionLogprobs(List.of(), List.of(), List.of(), List.of())))),
            Optional.of(new Usage(1, 2))),
        """
        {'id':'cmpl-1','object':'text_completion','created':7,'model':'m','choices':[
          {'index':1,'text':'ab','logprobs':{'tokens':['a','b'],'token_logprobs':[null,-0.5],
           'top_logprobs':[null,{'b':-0.5,'c':-1.0}],'text_offset':[0,1]},
           'finish_reason':'length'},
          {'index':0,'text':'','logprobs':{'tokens':[],'token_logprobs':[],'top_logprobs':null,
           'text_offset':[]},'finish_reason':null}],
         'system_fingerprint':'',
         'usage':{'prompt_tokens':1,'completion_tokens':2,'total_tokens':3}}""");
    assertBothWays(
        new Completion(
            "c",
            7,
            "m",
            List.of(new Completion.Choice(0, "x", Optional.empty())),
            Optional.empty()),
        """
        {'id':'c','object':'text_completion','created':7,'model':'m','choices':[
          {'index':0,'text':'x','logprobs':null,'finish_reason':null}],'system_fingerprint':''}""");
  }

  @Test
  void usageIsReadAlone() throws Exception {
    assertBothWays(new Usage(1, 2), "{'prompt_tokens':1,'completion_tokens':2,'total_tokens':3}");
  }

  @Test
  void listsOfTextCompletionLogprobsHaveOneLength() {
    assertThatThrownBy(() -> new CompletionLogprobs(List.of("a"), List.of(), List.of(), List.of(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1, 0, 0 and 1");
  }

  @Test
  void moreThanIsKnownIsLeftAside() {
    ChatCompletion reply =
        ProtocolJson.read(
            """
            {"id":"1","created":1,"model":"m","extra":1,"usage":null,"service_tier":"default",
             "system_fingerprint":null,"choices":[{"index":0,"finish_reason":"stop","message":
              {"content":null,"refusal":"no","annotations":[]}}]}""",
            ChatCompletion.class);
    assertThat(reply.choices().getFirst().message()).isEqualTo(ChatMessage.assistant("no"));
    assertThat(reply.systemFingerprint()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "body | {",
        "body | []",
        "id | {}",
        "created | {'id':'1','model':'m','choices':[]}",
        "choices | {'id':'1','created':1,'model':'m'}",
        "choices[0].index | {'id':'1','created':1,'model':'m','choices':[{}]}",
        "choices[0].message | {'id':'1','created':1,'model':'m','choices':[{'index':0}]}",
        "choices[0].finish_reason | {'id':'1','created':1,'model':'m','choices':[{'index':0,'message':{}}]}",
        "choices[0].finish_reason | {'id':'1','created':1,'model':'m','choices':[{'index':0,'message':{},'finish_reason':'x'}]}",
        "choices[0].message.tool_calls[0].id | {'id':'1','created':1,'model':'m','choices':[{'index':0,'message':{'tool_calls':[{'function':{}}]}}]}",
        "choices[0].logprobs.content[0].bytes[0] | {'id':'1','created':1,'model':'m','choices':[{'index':0,'message':{},'finish_reason':'stop','logprobs':{'content':[{'token':'','logprob':0,'bytes':[256]}]}}]}",
        "usage.prompt_tokens | {'id':'1','created':1,'model':'m','choices':[],'usage':{}}",
        "usage.extra.ttft_s | {'id':'1','created':1,'model':'m','choices':[],'usage':{'prompt_tokens':1,'extra':{'prompt_tokens':1,'completion_tokens':1,'prefill_tokens':1,'decode_tokens':1,'ttft_s':1e300}}}",
      })
  void namesWhatAReplyLacks(String path, String json) {
    assertThatThrownBy(() -> ProtocolJson.read(json.replace('\'', '"'), ChatCompletion.class))
        .isInstanceOf(InvalidReplyException.class)
        .hasMessageContaining(path + ": ");
  }

  @Test
  void textCompletionLogprobsOfDifferentLengthsAreRefused() {
    assertThatThrownBy(
            () ->
                ProtocolJson.read(
                    """
                    {"id":"1","created":1,"model":"m","choices":[{"index":0,"text":"","logprobs":
                     {"tokens":["a"],"token_logprobs":[],"text_offset":[]}}]}""",
                    Completion.class))
        .isInstanceOf(InvalidReplyException.class)
        .hasMessageContaining("choices[0].logprobs");
  }

  @Test
  void metricsOfNothingAreZero() {
    RequestMetrics metrics = new RequestMetrics(1, 0, 1, 0, Duration.ZERO, Duration.ZERO);
    assertThat(metrics.prefillTokensPerSecond()).isZero();
    assertThat(metrics.decodeTokensPerSecond()).isZero();
    assertThat(metrics.interTokenLatencySeconds()).isZero();
  }
}
