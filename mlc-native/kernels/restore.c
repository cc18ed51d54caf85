#include "restore.h"

#include <string.h>

#include "scratch.h"

bool restoring(void) { return scratch_of_thread()->phase == PHASE_RESTORE; }

void split_restored(const struct rotary* rows) {
  const size_t bytes = rows->size * (rows->half ? 2 : 4), part = rows->kv_heads * bytes;
  const size_t row = rows->heads * bytes + 2 * part;
  for (size_t t = 0; t < rows->tokens; t++) {
    const uint8_t* keys = (const uint8_t*)rows->qkv + t * row + rows->heads * bytes;
    memcpy((uint8_t*)rows->k + t * part, keys, part);
    memcpy((uint8_t*)rows->v + t * part, keys + part, part);
  }
}
