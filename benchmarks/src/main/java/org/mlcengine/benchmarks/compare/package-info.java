/**
 * What the comparison with other engines runs in a JVM: the course of a measurement, which is the
 * same for every engine, and this engine. It uses the JDK alone, so that it fits on any class path.
 */
@NullMarked
package org.mlcengine.benchmarks.compare;

import org.jspecify.annotations.NullMarked;
