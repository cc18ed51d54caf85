/** Guesses of how a sequence goes on, and what they are worth. */
@NullMarked
package org.mlcengine.speculation;

import org.jspecify.annotations.NullMarked;
