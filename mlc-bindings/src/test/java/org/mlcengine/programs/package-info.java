/** Programs that tests run in a JVM of their own. */
@NullMarked
package org.mlcengine.programs;

import org.jspecify.annotations.NullMarked;
