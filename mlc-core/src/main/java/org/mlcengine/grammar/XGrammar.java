package org.mlcengine.grammar;

import java.util.Set;
import org.mlcengine.bindings.TvmArray;
import org.mlcengine.bindings.TvmFunction;
import org.mlcengine.bindings.TvmObject;
import org.mlcengine.errors.NativesException;
import org.mlcengine.natives.Natives;
import org.mlcengine.natives.NativesLoadException;
import org.mlcengine.tokenizer.Tokenizer;

/** XGrammar's functions. Its library is loaded by the first call. */
final class XGrammar {
  private static final String TYPES = "xgrammar.tvm_ffi_binding.";
  private static final String COMPILER = TYPES + "GrammarCompiler";
  private static final String MATCHER = TYPES + "GrammarMatcher";

  /** Tokens are given by their bytes. */
  private static final long RAW_VOCABULARY = 0;

  private static final long UNLIMITED = -1;

  private XGrammar() {}

  /**
   * Makes a compiler for a vocabulary.
   *
   * @param marks special tokens that stand for their text
   * @throws NativesException if XGrammar's library cannot be loaded
   */
  static TvmObject newCompiler(
      Tokenizer tokenizer, int vocabSize, Set<Integer> marks, int... stopTokenIds) {
    try {
      Natives.loadGrammars();
    } catch (NativesLoadException e) {
      throw new NativesException(String.valueOf(e.getMessage()), e);
    }
    Object[] stops = new Object[stopTokenIds.length];
    for (int i = 0; i < stops.length; i++) {
      stops[i] = stopTokenIds[i];
    }
    try (TvmArray tokens = TvmArray.of(tokens(tokenizer, vocabSize, marks));
        TvmArray stopTokens = TvmArray.of(stops);
        TvmFunction newInfo = TvmFunction.method(TYPES + "TokenizerInfo", TvmFunction.CONSTRUCTOR);
        TvmObject info =
            newInfo.callAs(
                TvmObject.class, tokens, RAW_VOCABULARY, (long) vocabSize, stopTokens, false);
        TvmFunction create = TvmFunction.method(COMPILER, TvmFunction.CONSTRUCTOR)) {
      return create.callAs(TvmObject.class, info, 1L, false, UNLIMITED);
    }
  }

  /** The bytes of each token; none for special tokens but the marks, which no text has. */
  private static Object[] tokens(Tokenizer tokenizer, int vocabSize, Set<Integer> marks) {
    Object[] tokens = new Object[Math.min(vocabSize, tokenizer.vocabSize())];
    byte[] none = {};
    for (int id = 0; id < tokens.length; id++) {
      boolean text = !tokenizer.isSpecial(id) || marks.contains(id);
      tokens[id] = text ? tokenizer.tokenBytes(id) : none;
    }
    return tokens;
  }

  /** Compiles a grammar in XGrammar's EBNF from its rule {@code root}. */
  static TvmObject compileEbnf(TvmObject compiler, String grammar) {
    try (TvmFunction compile = TvmFunction.method(COMPILER, "compile_grammar_from_strings")) {
      return compile.callAs(TvmObject.class, compiler, grammar, "root");
    }
  }

  static TvmObject compileStructuralTag(TvmObject compiler, String json) {
    try (TvmFunction compile = TvmFunction.method(COMPILER, "compile_structural_tag")) {
      return compile.callAs(TvmObject.class, compiler, json);
    }
  }

  static long memoryBytes(TvmObject compiled) {
    try (TvmFunction size = TvmFunction.method(TYPES + "CompiledGrammar", "memory_size_bytes")) {
      return size.callAs(Long.class, compiled);
    }
  }

  static TvmObject newMatcher(TvmObject compiled) {
    try (TvmFunction create = TvmFunction.method(MATCHER, TvmFunction.CONSTRUCTOR)) {
      return create.callAs(TvmObject.class, compiled, null, false, UNLIMITED, null);
    }
  }

  static TvmFunction matcherMethod(String name) {
    return TvmFunction.method(MATCHER, name);
  }
}
