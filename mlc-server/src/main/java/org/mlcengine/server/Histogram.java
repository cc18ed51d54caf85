package org.mlcengine.server;

import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/** How often values lay in which range. */
final class Histogram {
  private final double[] bounds;
  private final LongAdder[] counts;
  private final DoubleAdder sum = new DoubleAdder();

  /**
   * Creates an empty one.
   *
   * @param bounds the upper ends of the ranges, ascending; one more range has no end
   */
  Histogram(double... bounds) {
    this.bounds = bounds.clone();
    counts = new LongAdder[bounds.length + 1];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = new LongAdder();
    }
  }

  void add(double value) {
    int range = 0;
    while (range < bounds.length && value > bounds[range]) {
      range++;
    }
    counts[range].increment();
    sum.add(value);
  }

  /**
   * Appends it in Prometheus' text format.
   *
   * @param labels with a comma behind each
   */
  void write(StringBuilder text, String name, String labels) {
    long total = 0;
    for (int i = 0; i < counts.length; i++) {
      total += counts[i].sum();
      String bound = i < bounds.length ? Double.toString(bounds[i]) : "+Inf";
      text.append(name).append("_bucket{").append(labels);
      text.append("le=\"").append(bound).append("\"} ").append(total).append('\n');
    }
    String own = labels.isEmpty() ? "" : "{" + labels.substring(0, labels.length() - 1) + "}";
    text.append(name).append("_sum").append(own).append(' ').append(sum.sum()).append('\n');
    text.append(name).append("_count").append(own).append(' ').append(total).append('\n');
  }
}
