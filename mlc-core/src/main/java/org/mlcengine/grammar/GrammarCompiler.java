package org.mlcengine.grammar;

import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.mlcengine.bindings.TvmException;
import org.mlcengine.bindings.TvmObject;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.NativesException;
import org.mlcengine.tokenizer.Tokenizer;

/**
 * Compiles grammars for a model's vocabulary, one at a time; any number of threads may ask.
 * XGrammar is loaded, and learns the vocabulary, when the first grammar is asked for. The grammars
 * asked for last are kept.
 */
public final class GrammarCompiler implements AutoCloseable {
  private static final int MAX_KEPT = 64;
  private static final long MAX_KEPT_BYTES = 64L << 20;

  private final Tokenizer tokenizer;
  private final int vocabSize;
  private final int[] stopTokenIds;

  /** Held while something is compiled. */
  private final ReentrantLock compiling = new ReentrantLock();

  private @Nullable TvmObject compiler;
  private @Nullable Vocabulary vocabulary;

  /** The grammars asked for, oldest use first; guarded by itself, as what follows. */
  private final Map<GrammarSpec, Kept> kept = new LinkedHashMap<>(16, 0.75f, true);

  private long keptBytes;
  private boolean closed;

  /**
   * Creates a compiler; loads nothing yet.
   *
   * @param vocabSize how many logits the model gives; ids from the tokenizer's size on are never
   *     allowed
   * @param stopTokenIds the tokens that end a reply, at least one
   * @throws IllegalArgumentException if there is no stop token, or one is not within the logits
   */
  public GrammarCompiler(Tokenizer tokenizer, int vocabSize, int... stopTokenIds) {
    boolean within = Arrays.stream(stopTokenIds).allMatch(id -> id >= 0 && id < vocabSize);
    if (stopTokenIds.length == 0 || !within) {
      throw new IllegalArgumentException(
          "expected at least one stop token, each from 0 to %d; found %s"
              .formatted(vocabSize - 1, Arrays.toString(stopTokenIds)));
    }
    this.tokenizer = tokenizer;
    this.vocabSize = vocabSize;
    this.stopTokenIds = stopTokenIds.clone();
  }

  /**
   * Returns the compiled grammar, for the caller to close. Takes some milliseconds, seconds at
   * most; nothing much if the same was asked for lately.
   *
   * @throws InvalidRequestException if the specification is malformed, or asks for what grammars do
   *     not support; the message says what, and the parameter is {@code response_format}
   * @throws NativesException if XGrammar's library cannot be loaded
   * @throws EngineClosedException if this compiler is closed
   */
  public CompiledGrammar compile(GrammarSpec spec) {
    CompiledGrammar known = find(spec);
    if (known != null) {
      return known;
    }
    compiling.lock();
    try {
      known = find(spec);
      return known != null ? known : keep(spec, NativeStack.call(() -> compileNow(spec)));
    } finally {
      compiling.unlock();
    }
  }

  /**
   * Does all that {@link #compile} does but compiling, so that a bad specification is refused early
   * and without the native library.
   *
   * @throws InvalidRequestException as {@link #compile} does, for all that can be seen without it
   */
  public static void check(GrammarSpec spec) {
    NativeStack.call(() -> GrammarSource.of(spec));
  }

  /** Frees the kept grammars; those that were handed out go on working. */
  @Override
  public void close() {
    compiling.lock();
    try {
      synchronized (kept) {
        closed = true;
        kept.values().forEach(k -> k.grammar.close());
        kept.clear();
        keptBytes = 0;
      }
      if (compiler != null) {
        compiler.close();
        compiler = null;
      }
    } finally {
      compiling.unlock();
    }
  }

  private @Nullable CompiledGrammar find(GrammarSpec spec) {
    synchronized (kept) {
      if (closed) {
        throw new EngineClosedException();
      }
      Kept known = kept.get(spec);
      return known == null ? null : known.grammar.retain();
    }
  }

  private CompiledGrammar compileNow(GrammarSpec spec) {
    GrammarSource source = GrammarSource.of(spec);
    if (compiler == null || vocabulary == null) {
      compiler = XGrammar.newCompiler(tokenizer, vocabSize, stopTokenIds);
      vocabulary = Vocabulary.of(tokenizer, vocabSize, stopTokenIds);
    }
    try {
      TvmObject compiled =
          source.isStructuralTag()
              ? XGrammar.compileStructuralTag(compiler, source.text())
              : XGrammar.compileEbnf(compiler, source.text());
      return new CompiledGrammar(compiled, vocabulary);
    } catch (TvmException e) {
      throw Refusal.of("the grammar is malformed: %s", Refusal.reason(e));
    }
  }

  private CompiledGrammar keep(GrammarSpec spec, CompiledGrammar grammar) {
    long bytes = grammar.memoryBytes();
    synchronized (kept) {
      kept.put(spec, new Kept(grammar, bytes));
      keptBytes += bytes;
      Iterator<Kept> oldest = kept.values().iterator();
      while (kept.size() > 1 && (kept.size() > MAX_KEPT || keptBytes > MAX_KEPT_BYTES)) {
        Kept dropped = oldest.next();
        oldest.remove();
        keptBytes -= dropped.bytes;
        dropped.grammar.close();
      }
      return grammar.retain();
    }
  }

  private record Kept(CompiledGrammar grammar, long bytes) {}
}
