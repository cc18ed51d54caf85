/**
 * The part of the Jinja template language that chat templates use, with the meaning that Python's
 * implementation gives it.
 */
@NullMarked
package org.mlcengine.jinja;

import org.jspecify.annotations.NullMarked;
