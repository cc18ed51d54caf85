/** The forward pass of a model: its contract, and the form that drives a TVM model library. */
@NullMarked
package org.mlcengine.runtime;

import org.jspecify.annotations.NullMarked;
