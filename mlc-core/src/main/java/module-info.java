/** The engine: an OpenAI-shaped API over MLC-compiled language models. */
module org.mlcengine.core {
  requires static org.jspecify;
  requires com.fasterxml.jackson.databind;
  requires jdk.management;
  requires org.mlcengine.bindings;
  requires org.mlcengine.natives;

  exports org.mlcengine;
  exports org.mlcengine.errors;
  exports org.mlcengine.protocol;
  exports org.mlcengine.conversation to
      org.mlcengine.benchmarks;
  exports org.mlcengine.grammar to
      org.mlcengine.benchmarks;
  exports org.mlcengine.generation to
      org.mlcengine.benchmarks;
  exports org.mlcengine.jinja to
      org.mlcengine.benchmarks;
  exports org.mlcengine.model to
      org.mlcengine.benchmarks;
  exports org.mlcengine.runtime to
      org.mlcengine.benchmarks;
  exports org.mlcengine.sampling to
      org.mlcengine.benchmarks;
  exports org.mlcengine.scheduler to
      org.mlcengine.benchmarks;
  exports org.mlcengine.tokenizer to
      org.mlcengine.benchmarks,
      org.mlcengine.cli;
  exports org.mlcengine.tokenizer.files to
      org.mlcengine.benchmarks,
      org.mlcengine.cli;
}
