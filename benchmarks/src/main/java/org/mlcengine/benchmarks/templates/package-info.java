/** Renders chat templates for comparison with Python's jinja2. */
@NullMarked
package org.mlcengine.benchmarks.templates;

import org.jspecify.annotations.NullMarked;
