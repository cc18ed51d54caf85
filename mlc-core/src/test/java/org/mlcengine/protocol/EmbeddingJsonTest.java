package org.mlcengine.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mlcengine.errors.InvalidReplyException;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.protocol.EmbeddingResponse.Embedding;

class EmbeddingJsonTest {
  private static EmbeddingCreateParams read(String json) {
    return ProtocolJson.read(json.replace('\'', '"'), EmbeddingCreateParams.class);
  }

  private static void assertWritten(Object value, String expected) throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    assertThat(mapper.readTree(ProtocolJson.write(value)))
        .isEqualTo(mapper.readTree(expected.replace('\'', '"')));
  }

  @Test
  void inputHasEachOfOpenAisForms() {
    var text = new EmbeddingCreateParams.Text("a");
    var tokens = new EmbeddingCreateParams.Tokens(List.of(1, 2));
    assertThat(read("{'input':'a'}").inputs()).containsExactly(text);
    assertThat(read("{'input':['a','a']}").inputs()).containsExactly(text, text);
    assertThat(read("{'input':[1,2]}").inputs()).containsExactly(tokens);
    assertThat(read("{'input':[[1,2],[1,2]]}").inputs()).containsExactly(tokens, tokens);
    assertThat(read("{'input':['',[1,2]]}").inputs())
        .containsExactly(new EmbeddingCreateParams.Text(""), tokens);
  }

  @Test
  void requestsAreWrittenAsTheyAreRead() throws Exception {
    EmbeddingCreateParams params =
        EmbeddingCreateParams.builder()
            .addInput("a")
            .addInputTokens(7, 8)
            .model("m")
            .encodingFormat(EmbeddingEncoding.BASE64)
            .dimensions(3)
            .user("u")
            .build();
    String expected =
        "{'model':'m','input':['a',[7,8]],'encoding_format':'base64','dimensions':3,'user':'u'}";
    assertWritten(params, expected);
    assertWritten(read(expected), expected);
    assertWritten(params.toBuilder().build(), expected);
    assertWritten(EmbeddingCreateParams.builder().input(List.of("b")).build(), "{'input':'b'}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          {};                                   input;           nothing
          {'input':[]};                         input;           found 0
          {'input':null};                       input;           nothing
          {'input':3};                          input;           a list of these
          {'input':[['a']]};                    input[0][0];     integer
          {'input':[1,'a']};                    input[1];        integer
          {'input':[[]]};                       input;           at least one token id
          {'input':[-1]};                       input;           at least 0
          {'input':'a','encoding_format':'x'};  encoding_format; base64
          {'input':'a','dimensions':0};         dimensions;      at least 1
          {'input':'a','stream':true};          stream;          not known
          """)
  void wrongRequestsAreRefusedByName(String json, String parameter, String message) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOfSatisfying(
            InvalidRequestException.class, e -> assertThat(e.parameter()).isEqualTo(parameter))
        .hasMessageContaining(message);
  }

  @Test
  void aRequestHasAtMostSoManyInputs() {
    List<String> most = Collections.nCopies(2048, "a");
    assertThat(EmbeddingCreateParams.builder().input(most).build().inputs()).hasSize(2048);
    var more = EmbeddingCreateParams.builder().input(most).addInput("a");
    assertThatThrownBy(more::build)
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("1 to 2048")
        .hasMessageContaining("2049");
  }

  @Test
  void repliesHaveOpenAisShape() throws Exception {
    List<Embedding> data = List.of(new Embedding(0, 0.5f, -1), new Embedding(1, 0.25f, 3));
    EmbeddingResponse floats =
        new EmbeddingResponse("m", data, new Usage(7, 0), EmbeddingEncoding.FLOAT);
    assertWritten(
        floats,
        """
        {'object':'list','model':'m','usage':{'prompt_tokens':7,'total_tokens':7},'data':[
          {'object':'embedding','index':0,'embedding':[0.5,-1.0]},
          {'object':'embedding','index':1,'embedding':[0.25,3.0]}]}""");
    EmbeddingResponse bytes =
        new EmbeddingResponse("m", data, new Usage(7, 0), EmbeddingEncoding.BASE64);
    assertWritten(
        bytes,
        """
        {'object':'list','model':'m','usage':{'prompt_tokens':7,'total_tokens':7},'data':[
          {'object':'embedding','index':0,'embedding':'AAAAPwAAgL8='},
          {'object':'embedding','index':1,'embedding':'AACAPgAAQEA='}]}""");
    for (EmbeddingResponse reply : List.of(floats, bytes)) {
      assertThat(ProtocolJson.read(ProtocolJson.write(reply), EmbeddingResponse.class))
          .isEqualTo(reply);
    }
  }

  @Test
  void everyFloatSurvivesBothEncodings() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    List<Embedding> data = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      float[] vector = new float[50];
      for (int j = 0; j < vector.length; j++) {
        float any = Float.intBitsToFloat(random.nextInt());
        vector[j] = Float.isFinite(any) ? any : Float.MIN_VALUE;
      }
      data.add(new Embedding(i, vector));
    }
    for (EmbeddingEncoding encoding : EmbeddingEncoding.values()) {
      var reply = new EmbeddingResponse("m", data, new Usage(1, 0), encoding);
      assertThat(ProtocolJson.read(ProtocolJson.write(reply), EmbeddingResponse.class))
          .as("seed %d", seed)
          .isEqualTo(reply);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'model':'m','usage':{'prompt_tokens':1}}",
        "{'model':'m','data':[{'index':0}],'usage':{'prompt_tokens':1}}",
        "{'model':'m','data':[{'embedding':[1]}],'usage':{'prompt_tokens':1}}",
        "{'model':'m','data':[{'index':0,'embedding':'AAA='}],'usage':{'prompt_tokens':1}}",
        "{'model':'m','data':[{'index':0,'embedding':'%'}],'usage':{'prompt_tokens':1}}",
        "{'model':'m','data':[{'index':0,'embedding':['a']}],'usage':{'prompt_tokens':1}}",
        "{'model':'m','data':[]}"
      })
  void wrongRepliesAreRefused(String json) {
    assertThatThrownBy(() -> ProtocolJson.read(json.replace('\'', '"'), EmbeddingResponse.class))
        .isInstanceOf(InvalidReplyException.class);
  }

  @Test
  void aVectorIsACopy() {
    float[] numbers = {1, 2};
    Embedding embedding = new Embedding(0, numbers);
    numbers[0] = 5;
    embedding.vector()[1] = 5;
    assertThat(embedding.vector()).containsExactly(1, 2);
    assertThat(embedding).hasToString("Embedding[index=0, dimensions=2]");
    assertThat(embedding).isEqualTo(new Embedding(0, 1, 2)).isNotEqualTo(new Embedding(1, 1, 2));
  }
}
