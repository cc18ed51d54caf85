/**
 * Metrics of engines for Micrometer: {@link org.mlcengine.micrometer.RequestMeters} of requests,
 * {@link org.mlcengine.micrometer.EngineMeters} of the load.
 */
@NullMarked
package org.mlcengine.micrometer;

import org.jspecify.annotations.NullMarked;
