/** Schedules of threads, and models that object to what a wrong one makes them do. */
@NullMarked
package org.mlcengine.races;

import org.jspecify.annotations.NullMarked;
