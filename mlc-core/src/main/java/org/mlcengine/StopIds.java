package org.mlcengine;

import java.util.Set;
import java.util.TreeSet;
import org.mlcengine.conversation.PromptTemplate;
import org.mlcengine.model.ModelConfig;
import org.mlcengine.tokenizer.Tokenizer;

/** Which tokens end a reply. */
final class StopIds {
  private StopIds() {}

  /**
   * Returns the prompt template's stop tokens, and those that the configuration says end a
   * sequence. A configuration that was made without that knowledge has 2 there, whatever token that
   * is: an id counts only if its token is special, or if it has none.
   */
  static Set<Integer> of(PromptTemplate template, ModelConfig config, Tokenizer tokenizer) {
    Set<Integer> ids = new TreeSet<>(template.stopTokenIds());
    for (int id : config.eosTokenIds()) {
      if (id >= 0
          && id < config.vocabSize()
          && (tokenizer.isSpecial(id) || tokenizer.tokenBytes(id).length == 0)) {
        ids.add(id);
      }
    }
    ids.removeIf(id -> id < 0 || id >= config.vocabSize());
    return ids;
  }
}
