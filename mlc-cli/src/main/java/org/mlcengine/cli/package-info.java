/** The {@code mlc} command and its sub-commands. */
@NullMarked
package org.mlcengine.cli;

import org.jspecify.annotations.NullMarked;
