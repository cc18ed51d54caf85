/**
 * From a row of logits to a token: bias, penalties, a grammar's mask, temperature, top-k, min-p,
 * top-p and the draw, and how probable the token was. {@link org.mlcengine.sampling.Sampler} has
 * the steps and their formulae, {@link org.mlcengine.sampling.Mt19937} the numbers.
 */
@NullMarked
package org.mlcengine.sampling;

import org.jspecify.annotations.NullMarked;
