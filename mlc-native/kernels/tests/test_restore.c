/** Keys that were computed before come into pages as they are, and nothing attends. */
#include <stdlib.h>
#include <string.h>

#include "attention.h"
#include "restore.h"
#include "scratch.h"
#include "support.h"

static void check_rows(const struct rotary* rows) {
  const size_t bytes = rows->size * (rows->half ? 2 : 4), part = rows->kv_heads * bytes;
  for (size_t t = 0; t < rows->tokens; t++) {
    const uint8_t* keys = (const uint8_t*)rows->qkv + (t + 1) * rows->heads * bytes + t * 2 * part;
    check(memcmp((uint8_t*)rows->k + t * part, keys, part) == 0, "token %zu: other keys", t);
    check(memcmp((uint8_t*)rows->v + t * part, keys + part, part) == 0, "token %zu: other values",
          t);
  }
}

static void test_split(uint64_t seed) {
  case_begin("split_restored", seed);
  struct rotary rows = {.half = random_bool(),
                        .tokens = (size_t)random_int(1, 40),
                        .heads = (size_t)random_int(1, 9),
                        .kv_heads = (size_t)random_int(1, 4),
                        .size = (size_t)random_int(1, 16) * 16};
  const size_t unit = rows.half ? 2 : 4, part = rows.tokens * rows.kv_heads * rows.size * unit;
  // Any bits, those of no number among them.
  rows.qkv = guarded(rows.tokens * rows.heads * rows.size * unit + 2 * part, unit);
  rows.k = guarded(part, unit);
  rows.v = guarded(part, unit);
  split_restored(&rows);
  check_rows(&rows);
}

static void test_nothing_attends(uint64_t seed) {
  case_begin("attention while keys are restored", seed);
  struct scratch* scratch = scratch_of_thread();
  float out = 3, log_sum = 5;
  const float other = 7;
  check(!restoring(), "a thread restores unasked");
  scratch->phase = PHASE_RESTORE;
  check(restoring(), "a thread does not restore");
  const struct attention work = {.out = &out, .log_sum = &log_sum};
  check(attend_all(&work) == 0, "attention failed: %s", raised);
  check(merge_attention(&out, &log_sum, &other, &other, 1, 1, false) == 0, "%s", raised);
  scratch->phase = PHASE_BY_SHAPE;
  check(out == 3 && log_sum == 5, "attention wrote a result");
}

void test_restore(uint64_t seed) {
  test_split(seed);
  test_nothing_attends(seed);
}
