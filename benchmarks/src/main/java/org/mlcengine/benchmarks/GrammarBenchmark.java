package org.mlcengine.benchmarks;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.mlcengine.grammar.CompiledGrammar;
import org.mlcengine.grammar.GrammarCompiler;
import org.mlcengine.grammar.GrammarSpec;
import org.mlcengine.grammar.TokenMatcher;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.files.Tokenizers;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Microseconds for the next token of a JSON reply under a schema, over the default vocabulary. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init")
public class GrammarBenchmark {
  private static final String SCHEMA =
      """
      {"type": "object", "additionalProperties": false,
       "required": ["title", "author", "year", "rating", "tags", "available"],
       "properties": {
        "title": {"type": "string"},
        "author": {"type": "object", "required": ["name"], "properties": {
         "name": {"type": "string"}, "country": {"type": ["string", "null"]}}},
        "year": {"type": "integer", "minimum": 1400, "maximum": 2100},
        "rating": {"type": "number", "minimum": 0, "maximum": 5},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 8},
        "available": {"enum": ["yes", "no", "soon"]}}}
      """;

  private static final String REPLY =
      """
      {"title": "Frankenstein; or, The Modern Prometheus", "author": {"name": "Mary Shelley", \
      "country": "England"}, "year": 1818, "rating": 4.5, "tags": ["gothic novel", "science \
      fiction", "horror", "a young scientist's creature"], "available": "yes"}\
      """;

  private GrammarCompiler compiler;
  private CompiledGrammar grammar;
  private TokenMatcher matcher;
  private int[] reply;
  private int next;
  private int compiled;

  /** Compiles the schema. */
  @Setup(Level.Trial)
  public void compile() {
    Tokenizer tokenizer = Tokenizers.load(BenchmarkModel.folder());
    int stop = tokenizer.idOf("<|im_end|>").orElseThrow();
    compiler = new GrammarCompiler(tokenizer, tokenizer.vocabSize(), stop);
    grammar = compiler.compile(new GrammarSpec.JsonSchema(SCHEMA, true));
    matcher = grammar.newMatcher();
    reply = tokenizer.encode(REPLY);
  }

  /** Gives the memory back. */
  @TearDown(Level.Trial)
  public void close() {
    matcher.close();
    grammar.close();
    compiler.close();
  }

  /** The mask for a token of the reply, and taking that token. */
  @Benchmark
  public @Nullable MemorySegment maskAndAccept() {
    if (next == reply.length) {
      matcher.reset();
      next = 0;
    }
    MemorySegment mask = matcher.mask();
    if (!matcher.accept(reply[next++])) {
      throw new IllegalStateException("the reply does not follow its schema");
    }
    return mask;
  }

  /** Compiling a schema of that size that was not seen before. */
  @Benchmark
  public void compileSchema() {
    String schema = SCHEMA.replace("title", "title" + compiled++);
    compiler.compile(new GrammarSpec.JsonSchema(schema, true)).close();
  }

  /** A matcher for a new reply. */
  @Benchmark
  public void newMatcher() {
    grammar.newMatcher().close();
  }
}
