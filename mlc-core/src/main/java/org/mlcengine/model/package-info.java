/**
 * Files of a model folder and facts of a model library: read, checked and planned, never executed.
 */
@NullMarked
package org.mlcengine.model;

import org.jspecify.annotations.NullMarked;
