/** What the comparison of predictions needs of this engine. */
@NullMarked
package org.mlcengine.benchmarks.quality;

import org.jspecify.annotations.NullMarked;
