/** What can go wrong, one class per remedy, under one unchecked root. */
@NullMarked
package org.mlcengine.errors;

import org.jspecify.annotations.NullMarked;
