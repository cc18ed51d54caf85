package org.mlcengine.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mlcengine.errors.InvalidRequestException;

class SamplingParamsTest {
  private static SamplingParams params(String name, double value) {
    Map<String, Double> values = new HashMap<>();
    values.put(name, value);
    double bias = values.getOrDefault("logit_bias.7", 0.0);
    return new SamplingParams(
        values.getOrDefault("temperature", 1.0),
        values.getOrDefault("top_k", 0.0).intValue(),
        values.getOrDefault("min_p", 0.0),
        values.getOrDefault("top_p", 1.0),
        values.getOrDefault("presence_penalty", 0.0),
        values.getOrDefault("frequency_penalty", 0.0),
        values.getOrDefault("repetition_penalty", 1.0),
        Map.of(7, bias));
  }

  @ParameterizedTest
  @CsvSource({
    "temperature, -0.1",
    "temperature, NaN",
    "temperature, Infinity",
    "top_k, -2",
    "top_k, -2147483648",
    "min_p, -0.01",
    "min_p, 1.01",
    "min_p, NaN",
    "top_p, -0.01",
    "top_p, 1.01",
    "top_p, NaN",
    "presence_penalty, -2.1",
    "presence_penalty, 2.1",
    "presence_penalty, NaN",
    "frequency_penalty, -2.1",
    "frequency_penalty, 2.1",
    "frequency_penalty, NaN",
    "repetition_penalty, 0",
    "repetition_penalty, -1",
    "repetition_penalty, NaN",
    "repetition_penalty, Infinity",
    "logit_bias.7, -100.1",
    "logit_bias.7, 100.1",
    "logit_bias.7, NaN",
  })
  void valuesOutOfRangeAreRefusedByName(String name, double value) {
    assertThatThrownBy(() -> params(name, value))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith(name + ": expected a ")
        .hasMessageContaining("found " + (name.equals("top_k") ? (int) value : (Object) value))
        .extracting(e -> ((InvalidRequestException) e).parameter())
        .isEqualTo(name);
  }

  @ParameterizedTest
  @CsvSource({
    "temperature, 0",
    "temperature, 1e300",
    "top_k, -1",
    "top_k, 0",
    "top_k, 2147483647",
    "min_p, 0",
    "min_p, 1",
    "top_p, 0",
    "top_p, 1",
    "presence_penalty, -2",
    "presence_penalty, 2",
    "frequency_penalty, -2",
    "frequency_penalty, 2",
    "repetition_penalty, 4.9e-324",
    "repetition_penalty, 1.7976931348623157e308",
    "logit_bias.7, -100",
    "logit_bias.7, 100",
  })
  void theEndsOfTheRangesAreTaken(String name, double value) {
    assertThatCode(() -> params(name, value)).doesNotThrowAnyException();
  }

  @Test
  void theMapIsCopied() {
    Map<Integer, Double> bias = new HashMap<>(Map.of(1, 2.0));
    SamplingParams params = new SamplingParams(1, 0, 0, 1, 0, 0, 1, bias);
    bias.clear();
    assertThat(params.logitBias()).containsExactly(Map.entry(1, 2.0));
  }
}
