package org.mlcengine.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mlcengine.errors.InvalidRequestException;

class ProtocolJsonTest {
  private static final String USER = "'messages':[{'role':'user','content':'hi'}]";

  static ChatCompletionCreateParams fullChat() {
    return ChatCompletionCreateParams.builder()
        .model("m")
        .addSystemMessage("be brief")
        .addUserMessage("héllo \uD83D\uDE00 \"\\\n")
        .addAssistantMessage("")
        .temperature(0.7)
        .topP(0.9)
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
            CompletionCreateParams.builder().promptTokens(3, 1, 4).ignoreEos(true).build())) {
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
        fullChat().toBuilder().messages(List.of(ChatMessage.user("hi"))).build(),
        """
        {'model':'m','messages':[{'role':'user','content':'hi'}],'temperature':0.7,'top_p':0.9,
         'presence_penalty':0.1,'frequency_penalty':-0.2,'repetition_penalty':1.1,
         'logit_bias':{'5':-1.5,'70':3.0},'seed':-9223372036854775808,'max_tokens':12,
         'stop':['a','b'],'n':3,'user':'me','stream_options':{'include_usage':true},
         'debug_config':{'ignore_eos':true}}""");
  }

  @Test
  void repliesHaveOpenAisNames() throws Exception {
    Usage usage =
        new Usage(
            10,
            4,
            Optional.of(
                new RequestMetrics(10, 4, 8, 3, Duration.ofMillis(500), Duration.ofMillis(2000))));
    assertJson(
        new ChatCompletion(
            "chatcmpl-1",
            7,
            "m",
            List.of(new ChatCompletion.Choice(0, ChatMessage.assistant("x"), FinishReason.STOP)),
            Optional.of(usage)),
        """
        {'id':'chatcmpl-1','object':'chat.completion','created':7,'model':'m','choices':[
          {'index':0,'message':{'role':'assistant','content':'x'},'finish_reason':'stop'}],
         'usage':{'prompt_tokens':10,'completion_tokens':4,'total_tokens':14,'extra':{
          'prompt_tokens':10,'completion_tokens':4,'prefill_tokens':8,'decode_tokens':3,
          'prefill_tokens_per_s':16.0,'decode_tokens_per_s':2.0,'end_to_end_latency_s':2.0,
          'ttft_s':0.5,'inter_token_latency_s':0.5}}}""");
    assertJson(
        new Completion(
            "cmpl-1",
            7,
            "m",
            List.of(new Completion.Choice(1, "x", Optional.of(FinishReason.LENGTH))),
            Optional.of(new Usage(1, 2))),
        """
        {'id':'cmpl-1','object':'text_completion','created':7,'model':'m','choices':[
          {'index':1,'text':'x','finish_reason':'length'}],
         'usage':{'prompt_tokens':1,'completion_tokens':2,'total_tokens':3}}""");
  }

  @Test
  void chunksHaveOpenAisNames() throws Exception {
    ChatCompletionChunk.Delta first =
        new ChatCompletionChunk.Delta(Optional.of(Role.ASSISTANT), Optional.of(""));
    ChatCompletionChunk.Delta last =
        new ChatCompletionChunk.Delta(Optional.empty(), Optional.empty());
    assertJson(
        new ChatCompletionChunk(
            "chatcmpl-1",
            7,
            "m",
            List.of(
                new ChatCompletionChunk.Choice(0, first, Optional.empty()),
                new ChatCompletionChunk.Choice(1, last, Optional.of(FinishReason.TOOL_CALLS))),
            Optional.empty()),
        """
        {'id':'chatcmpl-1','object':'chat.completion.chunk','created':7,'model':'m','choices':[
          {'index':0,'delta':{'role':'assistant','content':''},'finish_reason':null},
          {'index':1,'delta':{},'finish_reason':'tool_calls'}]}""");
  }

  @Test
  void metricsOfNothingAreZero() {
    RequestMetrics metrics = new RequestMetrics(1, 0, 1, 0, Duration.ZERO, Duration.ZERO);
    assertThat(metrics.prefillTokensPerSecond()).isZero();
    assertThat(metrics.decodeTokensPerSecond()).isZero();
    assertThat(metrics.interTokenLatencySeconds()).isZero();
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
        "messages[0].role | {'messages':[{'role':'developer','content':'x'}]}",
        "messages[0].content | {'messages':[{'role':'user'}]}",
        "messages[0].content | {'messages':[{'role':'user','content':[{'type':'text'}]}]}",
        "messages[0].tool_calls | {'messages':[{'role':'user','content':'','tool_calls':[]}]}",
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
        "logit_bias | {USER,'logit_bias':{'5':1,'05':1}}",
        "logit_bias.x | {USER,'logit_bias':{'x':1}}",
        "logit_bias.5 | {USER,'logit_bias':{'5':'1'}}",
        "logit_bias.5 | {USER,'logit_bias':{'5':101}}",
        "debug_config.ignore_eos | {USER,'debug_config':{'ignore_eos':1}}",
        "debug_config.special_request | {USER,'debug_config':{'special_request':'x'}}",
        "stream_options | {USER,'stream_options':true}",
        "tools | {USER,'tools':[]}",
        "response_format | {USER,'response_format':{'type':'json_object'}}",
        "logprobs | {USER,'logprobs':true}",
        "top_k | {USER,'top_k':40}",
        "min_p | {USER,'min_p':0.1}",
        "Temperature | {USER,'Temperature':1}",
      })
  void namesTheFieldThatItRefuses(String parameter, String json) {
    assertThatThrownBy(() -> chat(json.replace("USER", USER)))
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
  void aStopMayBeOneString() {
    assertThat(chat("{" + USER + ",'stop':'x'}").stop()).containsExactly("x");
  }

  @Test
  void otherTypesHaveNoJson() {
    assertThatThrownBy(() -> ProtocolJson.write("x")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ProtocolJson.read("{}", Usage.class))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void damagedTextNeverGivesAnotherException() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    byte[] whole = ProtocolJson.write(fullChat()).getBytes(UTF_8);
    for (int round = 0; round < 20_000; round++) {
      byte[] damaged = damage(whole, random);
      try {
        ProtocolJson.read(damaged, ChatCompletionCreateParams.class);
      } catch (InvalidRequestException e) {
        assertThat(e.parameter()).isNotEmpty();
      } catch (RuntimeException | StackOverflowError e) {
        throw new AssertionError(
            "seed %d, round %d: %s".formatted(seed, round, new String(damaged, UTF_8)), e);
      }
    }
  }

  private static byte[] damage(byte[] whole, Random random) {
    byte[] bytes = whole.clone();
    String signs = "{}[]\",:0-eE.tn\\";
    for (int i = random.nextInt(3); i >= 0; i--) {
      int at = random.nextInt(bytes.length);
      bytes[at] =
          random.nextBoolean()
              ? (byte) random.nextInt(256)
              : (byte) signs.charAt(random.nextInt(signs.length()));
    }
    return random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
  }

  @Test
  void deepNestingIsRefused() {
    assertThatThrownBy(() -> chat("{'messages':" + "[".repeat(100_000)))
        .isInstanceOf(InvalidRequestException.class);
  }
}
