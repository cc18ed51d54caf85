package org.mlcengine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

class TimeSpanTest {
  private final TimeSpan spans = new TimeSpan();

  @Test
  void aNumberHasAUnit() {
    assertThat(spans.convert("90s")).isEqualTo(Duration.ofSeconds(90));
    assertThat(spans.convert("10m")).isEqualTo(Duration.ofMinutes(10));
    assertThat(spans.convert("2h")).isEqualTo(Duration.ofHours(2));
  }

  @Test
  void anythingElseIsRefused() {
    for (String wrong : List.of("", "10", "m", "-1m", "1.5h", "10 m", "10min", "99999999999h")) {
      assertThatThrownBy(() -> spans.convert(wrong))
          .isInstanceOf(TypeConversionException.class)
          .hasMessageContaining("'" + wrong + "'");
    }
  }
}
