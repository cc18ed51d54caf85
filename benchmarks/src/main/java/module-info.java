/** JMH suites and comparisons with other engines. */
module org.mlcengine.benchmarks {
  requires static org.jspecify;
  requires com.fasterxml.jackson.databind;
  requires jmh.core;
  requires org.mlcengine.bindings;
  requires org.mlcengine.core;
  requires org.mlcengine.natives;
}
