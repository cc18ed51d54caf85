/** What ends a reply: stop strings, stop ids, limits. */
@NullMarked
package org.mlcengine.generation;

import org.jspecify.annotations.NullMarked;
