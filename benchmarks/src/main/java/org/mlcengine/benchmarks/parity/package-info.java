/** What comparisons with other engines need of this one. */
@NullMarked
package org.mlcengine.benchmarks.parity;

import org.jspecify.annotations.NullMarked;
