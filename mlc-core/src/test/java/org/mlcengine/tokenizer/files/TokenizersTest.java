package org.mlcengine.tokenizer.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.huggingface.SmallTokenizer;

class TokenizersTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir Path folder;

  @Test
  void aFolderWithoutATokenizerIsRefusedWithTheNamesThatWereLookedFor() {
    assertThatThrownBy(() -> Tokenizers.load(folder))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining(folder.toString())
        .hasMessageContaining(
            "tokenizer.json, tokenizer.model, "
                + "merges.txt with vocab.json with added_tokens.json, tokenizer_model");
  }

  @Test
  void tokenizerJsonWinsOverTheOtherFiles() throws IOException {
    Files.createFile(folder.resolve("tokenizer.model"));
    Files.createFile(folder.resolve("tokenizer_model"));
    write(small());
    assertThat(Tokenizers.load(folder).decode(Tokenizers.load(folder).encode("fish")))
        .isEqualTo("fish");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "normalizer | {'type':'Uppercase'} | normalizer 'Uppercase'",
        "normalizer | {'type':'Sequence','normalizers':[{'type':'NFC'},{'type':'Bert'}]}"
            + " | normalizer 'Bert'",
        "normalizer | 7 | normalizer 'none'",
        "normalizer | {'type':'Prepend'} | a text as its prepend",
        "normalizer | {'type':'Precompiled','precompiled_charsmap':'AAAA'} | a table in base 64",
        "normalizer | {'type':'Replace','pattern':{'Regex':'(a)*'},'content':''} | (a)*",
        "pre_tokenizer | {'type':'Words'} | pre_tokenizer 'Words'",
        "pre_tokenizer | {'type':'Split','pattern':{'String':'a'},'behavior':'Merged'}"
            + " | behavior 'Merged'",
        "pre_tokenizer | {'type':'Split','pattern':{'Regex':'(?<=a)b'},'behavior':'Isolated'}"
            + " | (?<=",
        "pre_tokenizer | {'type':'Split','pattern':{},'behavior':'Isolated'} | a Regex",
        "pre_tokenizer | {'type':'FixedLength','length':0} | a length of at least 1",
        "pre_tokenizer | {'type':'CharDelimiterSplit','delimiter':'ab'} | one character",
        "pre_tokenizer | {'type':'Metaspace','replacement':'_','prepend_scheme':'last'}"
            + " | prepend_scheme 'last'",
        "pre_tokenizer | {'type':'Metaspace','replacement':'_','prepend_scheme':'first',"
            + "'add_prefix_space':false} | add_prefix_space is false",
        "decoder | {'type':'Upper'} | decoder 'Upper'",
        "decoder | {'type':'Strip','content':' ','start':-1,'stop':0} | a whole number as its start",
        "post_processor | {'type':'Around'} | post_processor 'Around'",
        "post_processor | {'type':'BertProcessing','sep':['a','b'],'cls':['a',1]} | an id",
        "post_processor | {'type':'TemplateProcessing','single':[],'special_tokens':{}}"
            + " | the sequence A once",
        "model | {'type':'Unigram','vocab':[['a',1]]} | model.unk_id",
        "model | {'type':'Unigram','unk_id':1,'vocab':[['a',1]]} | model.unk_id",
        "model | {'type':'Unigram','unk_id':0,'vocab':[['a','b']]} | a finite number as the score",
        "model | {'type':'WordPiece','vocab':{'a':1}} | model.unk_token",
        "model | {'type':'WordLevel','unk_token':'b','vocab':{'a':1}} | model.unk_token",
        "model | {'type':'Words','vocab':{'a':1}} | model 'Words'",
        "model | {'type':'BPE','vocab':{},'merges':[]} | model.vocab",
        "model | {'type':'BPE','vocab':{'a':1},'merges':[],'dropout':0.1} | model.dropout '0.1'",
        "model | {'type':'BPE','vocab':{'a':1},'merges':[],'unk_token':'_'} | model.unk_token",
        "model | {'type':'BPE','vocab':{'a':1,'b':2},'merges':['a b']} | unknown token 'ab'",
        "model | {'type':'BPE','vocab':{'a':1,'b':2},'merges':['a b c']} | line 1",
        "model | {'type':'BPE','vocab':{'a':1,'b':2},'merges':[['a']]} | a string in a merge",
        "model | {'type':'BPE','vocab':{'a':1,'b':1},'merges':[]} | one token per id",
        "model | {'type':'BPE','vocab':{'a':-1},'merges':[]} | an id from 0",
        "model | {'type':'BPE','vocab':{'a':2147483647},'merges':[]} | an id from 0",
        "model | {'type':'BPE','vocab':{'a':'x'},'merges':[]} | a whole number",
        "model | [] | an object as the model",
        "added_tokens | [{'id':3}] | added token with a content",
      })
  void whatIsNotSupportedIsRefusedByName(String component, String value, String message)
      throws IOException {
    ObjectNode json = small();
    json.set(component, MAPPER.readTree(value.replace('\'', '"')));
    write(json);
    assertThatThrownBy(() -> Tokenizers.load(folder))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("tokenizer.json")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'BPE','merges':['a b'],'vocab':{'a':1,'b':2,'ab':0}}",
        "{'type':'BPE','vocab':{'a':1,'b':2,'ab':0},'merges':['#version: 0.2','a b']}",
        "{'vocab':{'a':1,'b':2,'ab':0},'merges':[['a','b']]}",
      })
  void mergesAreReadInEveryForm(String model) throws IOException {
    ObjectNode json = small();
    json.set("model", MAPPER.readTree(model.replace('\'', '"')));
    write(json);
    assertThat(Tokenizers.load(folder).encode("abba")).containsExactly(0, 2, 1);
  }

  @ParameterizedTest
  @CsvSource(value = {"''", "null", "[]", "{", "{}x", "{\"model\":"})
  void whatIsNoTokenizerIsRefused(String text) throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), text);
    assertThatThrownBy(() -> Tokenizers.load(folder)).isInstanceOf(ModelLoadException.class);
  }

  @Test
  void deepNestingIsRefused() throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), "{\"normalizer\":" + "[".repeat(100_000));
    assertThatThrownBy(() -> Tokenizers.load(folder)).isInstanceOf(ModelLoadException.class);
  }

  @Test
  void aDamagedFileLoadsOrIsRefused() throws IOException {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    byte[] whole = SmallTokenizer.resource("small-tokenizer.json").getBytes(StandardCharsets.UTF_8);
    for (int round = 0; round < 1_500; round++) {
      Files.write(folder.resolve("tokenizer.json"), damage(whole, random));
      try {
        Tokenizer tokenizer = Tokenizers.load(folder);
        tokenizer.decode(tokenizer.encode("The river runs <|im_end|> 42 \u00e9"));
      } catch (ModelLoadException e) {
        assertThat(e).hasMessageContaining("tokenizer.json");
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ", round " + round, e);
      }
    }
  }

  private static byte[] damage(byte[] whole, Random random) {
    byte[] damaged = whole.clone();
    if (random.nextInt(4) == 0) {
      return Arrays.copyOf(damaged, random.nextInt(damaged.length));
    }
    // The settings stand in front of the vocabulary: most changes go there.
    int reach = random.nextBoolean() ? 1_500 : damaged.length;
    for (int changes = random.nextInt(1, 5); changes > 0; changes--) {
      String alphabet = "\"{}[]:,0123456789-eEtfn\\u \u0000\u00ff";
      damaged[random.nextInt(reach)] = (byte) alphabet.charAt(random.nextInt(alphabet.length()));
    }
    return damaged;
  }

  private static ObjectNode small() throws IOException {
    JsonNode json = MAPPER.readTree(SmallTokenizer.resource("small-tokenizer.json"));
    return (ObjectNode) json;
  }

  private void write(JsonNode json) throws IOException {
    MAPPER.writeValue(folder.resolve("tokenizer.json").toFile(), json);
  }
}
