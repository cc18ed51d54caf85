package org.mlcengine.tokenizer.huggingface;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.tokenizer.files.Tokenizers;

/** A file that says two things of one part is refused, since either could be meant. */
class TokenizerJsonTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'model':{'type':'Unigram','unk_id':0,'vocab':[['a',0],['b',-1]]},"
            + "'model':{'type':'Unigram','unk_id':0,'vocab':[['c',0]]}} | model",
        "{'model':{'type':'Unigram','unk_id':0,'vocab':[['a',0]],'vocab':[['b',0]]}} | vocab",
        "{'model':{'type':'BPE','vocab':{'a':0},'merges':[],'merges':[]}} | merges",
        "{'decoder':null,'decoder':null,'model':{'type':'BPE','vocab':{},'merges':[]}} | decoder"
      })
  void aPartThatOccursTwiceIsRefused(String json, String part) throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), json.replace('\'', '"'));
    assertThatThrownBy(() -> Tokenizers.load(folder))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("one value of " + part);
  }
}
