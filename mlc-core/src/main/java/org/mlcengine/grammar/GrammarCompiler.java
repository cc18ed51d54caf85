package org.mlcengine.grammar;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
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
 * XGrammar is loaded, and learns the vocabulary, when the first grammar is asked for; it learns
 * another for calls of tools if their marks are special tokens. The grammars asked for last are
 * kept.
 */
public final class GrammarCompiler implements AutoCloseable {
  private static final int MAX_KEPT = 64;
  private static final long MAX_KEPT_BYTES = 64L << 20;

  private final Tokenizer tokenizer;
  private final int vocabSize;
  private final int[] stopTokenIds;

  /** Held while something is compiled. */
  private final ReentrantLock compiling = new ReentrantLock();

  /** For each set of marks in use; guarded by the lock. */
  private final Map<Set<Integer>, Target> targets = new HashMap<>();

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
      targets.values().forEach(target -> target.compiler.close());
      targets.clear();
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
    Target target = targets.computeIfAbsent(marks(spec), this::target);
    try {
      TvmObject compiled =
          source.isStructuralTag()
              ? XGrammar.compileStructuralTag(target.compiler, source.text())
              : XGrammar.compileEbnf(target.compiler, source.text());
      return new CompiledGrammar(compiled, target.vocabulary);
    } catch (TvmException e) {
      throw Refusal.of("the grammar is malformed: %s", Refusal.reason(e));
    }
  }

  private Target target(Set<Integer> marks) {
    return new Target(
        XGrammar.newCompiler(tokenizer, vocabSize, marks, stopTokenIds),
        Vocabulary.of(tokenizer, vocabSize, marks, stopTokenIds));
  }

  /** Returns the special tokens that a specification's marks may be written as. */
  private Set<Integer> marks(GrammarSpec spec) {
    Set<Integer> ids = new HashSet<>();
    if (spec instanceof GrammarSpec.Calls calls) {
      for (String mark : calls.marks()) {
        tokenizer.idOf(mark).stream().filter(id -> isText(id, mark)).forEach(ids::add);
      }
    }
    return ids;
  }

  /** A decoder may leave out a special token, or write it otherwise; then it is no mark. */
  private boolean isText(int id, String mark) {
    return id < vocabSize
        && tokenizer.isSpecial(id)
        && Arrays.stream(stopTokenIds).noneMatch(stop -> stop == id)
        && tokenizer.decode(id).equals(mark)
        && Arrays.equals(tokenizer.tokenBytes(id), mark.getBytes(StandardCharsets.UTF_8));
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

  /** XGrammar's compiler for a vocabulary. */
  private record Target(TvmObject compiler, Vocabulary vocabulary) {}
}
