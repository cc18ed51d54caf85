/** Fuzz targets: input from outside gives typed exceptions, in bounded time and memory. */
@NullMarked
package org.mlcengine.fuzz;

import org.jspecify.annotations.NullMarked;
