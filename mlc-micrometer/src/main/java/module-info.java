/** Metrics of engines for Micrometer, named after OpenTelemetry's conventions. */
@SuppressWarnings("requires-transitive-automatic")
module org.mlcengine.micrometer {
  requires static org.jspecify;
  requires transitive micrometer.core;
  requires transitive org.mlcengine.core;

  exports org.mlcengine.micrometer;
}
