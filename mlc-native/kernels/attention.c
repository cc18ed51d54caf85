#include "attention.h"

#include <math.h>
#include <string.h>

#include "attended.h"
#include "profile.h"
#include "restore.h"

/** Attention in a phase, over the keys of the layer's calls so far. */
static int attend_in_phase(struct scratch* scratch, const struct attention* work) {
  struct attention whole;
  if (carried_add(scratch, work, &whole) != 0) return -1;
  // A call over pages, which follows, does that work as well.
  if (work->pages.data == NULL && scratch->has_history) return 0;
  return scratch->phase == PHASE_DECODE ? attend_decode(&whole) : attend_prefill(&whole);
}

int attend_all(const struct attention* work) {
  if (restoring()) return 0;
  profile_enter();
  struct scratch* scratch = scratch_of_thread();
  int status;
  if (scratch->phase != PHASE_BY_SHAPE) {
    status = attend_in_phase(scratch, work);
  } else {
    status = work->query_starts == NULL ? attend_decode(work) : attend_prefill(work);
  }
  profile_leave(STAGE_ATTENTION);
  return status;
}

static void merge_row(float* to, float* log_sum, const float* from, float other, size_t size) {
  float largest = fmaxf(*log_sum, other);
  float keep = exp2f(*log_sum - largest), take = exp2f(other - largest);
  float total = keep + take;
  for (size_t d = 0; d < size; d++) to[d] = (to[d] * keep + from[d] * take) / total;
  *log_sum = largest + log2f(total);
}

/** Takes the results of a later call for a layer, where it has some, for those of all. */
static void take_results(void* out, float* log_sum, const void* other, const float* other_log_sum,
                         size_t rows, size_t bytes) {
  for (size_t r = 0; r < rows; r++) {
    if (other_log_sum[r] == NO_KEYS) continue;
    memcpy((uint8_t*)out + r * bytes, (const uint8_t*)other + r * bytes, bytes);
    log_sum[r] = other_log_sum[r];
  }
}

int merge_attention(void* out, float* log_sum, const void* other, const float* other_log_sum,
                    size_t rows, size_t size, bool half) {
  if (restoring()) return 0;
  profile_enter();
  if (scratch_of_thread()->phase != PHASE_BY_SHAPE) {
    take_results(out, log_sum, other, other_log_sum, rows, size * (half ? 2 : 4));
    rows = 0;
  }
  for (size_t r = 0; r < rows; r++) {
    if (half) {
      float to[HEAD_SIZE], from[HEAD_SIZE];
      uint16_t* row = (uint16_t*)out + r * size;
      isa->widen(row, to, size);
      isa->widen((const uint16_t*)other + r * size, from, size);
      merge_row(to, log_sum + r, from, other_log_sum[r], size);
      isa->narrow(to, row, size);
    } else {
      merge_row((float*)out + r * size, log_sum + r, (const float*)other + r * size,
                other_log_sum[r], size);
    }
  }
  profile_leave(STAGE_MERGE);
  return 0;
}

int append_keys(const struct append* work) {
  profile_enter();
  carried_reset(scratch_of_thread());
  const size_t bytes = work->size * work->element_bytes;
  for (size_t t = 0; t < work->tokens; t++) {
    if (work->positions[t] < 0) continue;
    const size_t page = (size_t)work->positions[t] / work->page_size;
    const size_t slot = (size_t)work->positions[t] % work->page_size;
    for (size_t h = 0; h < work->kv_heads; h++) {
      size_t to = (page * 2 * work->kv_heads + h) * work->page_size + slot;
      size_t from = (t * work->kv_heads + h) * bytes;
      uint8_t* key = (uint8_t*)work->pages + to * bytes;
      memcpy(key, (const uint8_t*)work->k + from, bytes);
      memcpy(key + work->kv_heads * work->page_size * bytes, (const uint8_t*)work->v + from, bytes);
    }
  }
  profile_leave(STAGE_APPEND);
  return 0;
}
