/** JMH suites. */
module org.mlcengine.benchmarks {
  requires jmh.core;
  requires org.mlcengine.core;
}
