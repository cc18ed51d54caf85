/**
 * Calls of functions: how each family of models is told of them, writes them and is held to them.
 */
@NullMarked
package org.mlcengine.tools;

import org.jspecify.annotations.NullMarked;
