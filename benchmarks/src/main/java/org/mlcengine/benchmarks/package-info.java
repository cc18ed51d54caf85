/** JMH suites. Run them from the class path; see benchmarks/README.md. */
@NullMarked
package org.mlcengine.benchmarks;

import org.jspecify.annotations.NullMarked;
