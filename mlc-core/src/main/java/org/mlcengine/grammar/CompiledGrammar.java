package org.mlcengine.grammar;

import org.mlcengine.bindings.TvmObject;

/**
 * A grammar, compiled for one vocabulary. Any number of threads may make matchers of it. Close it
 * when it is no longer needed; matchers made before go on working.
 */
public final class CompiledGrammar implements AutoCloseable {
  private final TvmObject compiled;
  private final Vocabulary vocabulary;

  /** Takes over the object. */
  CompiledGrammar(TvmObject compiled, Vocabulary vocabulary) {
    this.compiled = compiled;
    this.vocabulary = vocabulary;
  }

  /**
   * Returns a matcher at the start of a reply, for the calling thread and to be closed by it.
   *
   * @throws IllegalStateException if this grammar is closed
   */
  public TokenMatcher newMatcher() {
    return new TokenMatcher(XGrammar.newMatcher(compiled), vocabulary);
  }

  /**
   * Returns how many bytes the grammar takes.
   *
   * @throws IllegalStateException if it is closed
   */
  public long memoryBytes() {
    return XGrammar.memoryBytes(compiled);
  }

  /** Gives the grammar's memory back once no matcher needs it. Further closes do nothing. */
  @Override
  public void close() {
    compiled.close();
  }

  /** Another handle of the same grammar, to be closed by itself. */
  CompiledGrammar retain() {
    return new CompiledGrammar(compiled.retain(), vocabulary);
  }
}
