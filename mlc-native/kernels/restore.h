/**
 * Gives back keys and values that were computed before: TVM's cache has no call for that, but one
 * that splits rows, appends keys and attends. After `mlc.cpu.restore` the rows it is given hold
 * rotated keys, which are stored as they are, and attention does nothing.
 */
#ifndef MLC_KERNELS_RESTORE_H_
#define MLC_KERNELS_RESTORE_H_

#include <stdbool.h>

#include "rotary.h"

/** Whether the calling thread restores. */
bool restoring(void);

/** Copies the keys and values of rows; their queries are not read. */
void split_restored(const struct rotary* rows);

#endif
