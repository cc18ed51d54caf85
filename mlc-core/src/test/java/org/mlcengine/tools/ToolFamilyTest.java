package org.mlcengine.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mlcengine.errors.InvalidRequestException;

class ToolFamilyTest {
  @ParameterizedTest
  @CsvSource({
    "qwen2, '', '', HERMES",
    "qwen3, '', '', HERMES",
    "qwen3, '<tool_call> <function= <parameter=', '', QWEN3_CODER",
    "qwen3_5_nothink, '', '', QWEN3_CODER",
    "'', '<tool_call> <function= <parameter=', qwen3_moe, QWEN3_CODER",
    "'', '', qwen3_5_moe, QWEN3_CODER",
    "hermes3_llama-3_1, '', '', HERMES",
    "open_hermes_mistral, '', '', HERMES",
    "llama-3_1, '', '', LLAMA",
    "llama-3, '', llama, GENERIC",
    "mistral_default, '', '', MISTRAL",
    "mistral_default, '[TOOL_CALLS] [ARGS]', '', MISTRAL_ARGS",
    "mistral_default, '<tool_call>', '', MISTRAL",
    "qwen2, '[TOOL_CALLS]', '', HERMES",
    "deepseek_v3, '<｜tool▁calls▁begin｜>', '', DEEPSEEK_V3_1",
    "ministral3_reasoning, '', '', MISTRAL_ARGS",
    "deepseek_v3, '', '', DEEPSEEK",
    "deepseek_r1_qwen, '', qwen2, DEEPSEEK",
    "gemma3_instruction, '', '', GEMMA",
    "gorilla-openfunctions-v2, '', '', PYTHON",
    "chatml, 'tools <tool_call>', llama, HERMES",
    "'', '[TOOL_CALLS] [ARGS]', '', MISTRAL_ARGS",
    "'', '[TOOL_CALLS][', '', MISTRAL",
    "'', '<｜tool▁calls▁begin｜> ```json', '', DEEPSEEK",
    "'', '<｜tool▁calls▁begin｜>', '', DEEPSEEK_V3_1",
    "'', 'ipython parameters', '', LLAMA",
    "'', '<start_of_turn>', '', GEMMA",
    "'', '', qwen3_moe, HERMES",
    "'', '', gemma2, GEMMA",
    "'', '', mixtral, MISTRAL",
    "'', '', ministral3, MISTRAL_ARGS",
    "'', '', deepseek_v3, DEEPSEEK",
    "custom, 'plain', phi, GENERIC",
  })
  void isFoundByNameThenTemplateThenType(
      String conversation, String template, String type, ToolFamily expected) {
    assertThat(ToolFamily.detect(conversation, template, type)).isEqualTo(expected);
  }

  @Test
  void isNamedInAnyCase() {
    for (ToolFamily family : ToolFamily.values()) {
      assertThat(ToolFamily.named(family.name().toLowerCase(java.util.Locale.ROOT)))
          .isEqualTo(family);
    }
    assertThatThrownBy(() -> ToolFamily.named("gpt"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("hermes, qwen3_coder, llama, mistral, mistral_args")
        .hasMessageContaining("gpt");
  }
}
