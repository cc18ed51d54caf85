package org.mlcengine.server;

import java.util.List;

/**
 * What a model is doing and has done, as measurements with Prometheus' names.
 *
 * @param measurements in the order in which they are shown
 */
record ModelState(List<Measurement> measurements) {
  ModelState {
    measurements = List.copyOf(measurements);
  }

  /**
   * One measurement.
   *
   * @param name with its unit, for instance {@code mlc_decode_seconds_total}
   * @param kind {@code gauge} or {@code counter}
   * @param help one sentence
   */
  record Measurement(String name, String kind, String help, double value) {
    static Measurement gauge(String name, double value, String help) {
      return new Measurement(name, "gauge", help, value);
    }

    static Measurement counter(String name, double value, String help) {
      return new Measurement(name, "counter", help, value);
    }
  }
}
