/** The engine and its builder. */
@NullMarked
package org.mlcengine;

import org.jspecify.annotations.NullMarked;
