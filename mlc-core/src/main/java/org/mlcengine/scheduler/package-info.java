/**
 * Sequences, the steps that advance them, and the thread that runs the steps. Knows tokens only.
 */
@NullMarked
package org.mlcengine.scheduler;

import org.jspecify.annotations.NullMarked;
