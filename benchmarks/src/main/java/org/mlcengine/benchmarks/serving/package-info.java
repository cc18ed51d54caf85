/** Several requests at once: throughput, stalls, and prompts that begin alike. */
@org.jspecify.annotations.NullMarked
package org.mlcengine.benchmarks.serving;
