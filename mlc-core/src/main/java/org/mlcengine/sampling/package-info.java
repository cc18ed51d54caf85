/** From a row of logits to a token: bias, penalties, temperature, top-p and the draw. */
@NullMarked
package org.mlcengine.sampling;

import org.jspecify.annotations.NullMarked;
