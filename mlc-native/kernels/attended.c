#include "attended.h"

#include <math.h>
#include <string.h>
#include <tvm/ffi/c_api.h>

#include "numbers.h"

static const float LOG2_E = 1.44269504088896341f;

void read_queries(const struct attention* work, size_t token, size_t head, float* to) {
  const size_t group = work->heads / work->kv_heads, count = group * work->size;
  const size_t place = token * work->q_stride + head * group * work->size;
  const float* q = floats_from((struct floats){work->q, work->half}, place, count, to);
  const float factor = work->scale * LOG2_E;
  for (size_t i = 0; i < count; i++) to[i] = q[i] * factor;
}

void write_results(const struct attention* work, size_t token, size_t head, struct attended state) {
  const size_t group = work->heads / work->kv_heads, count = group * work->size;
  const size_t row = token * work->heads + head * group;
  for (size_t r = 0; r < group; r++) {
    const bool any = state.total[r] > 0;
    const float factor = any ? 1 / state.total[r] : 0;
    for (size_t d = 0; d < work->size; d++) state.values[r * work->size + d] *= factor;
    if (work->log_sum != NULL) {
      work->log_sum[row + r] = any ? state.largest[r] + log2f(state.total[r]) : NO_KEYS;
    }
  }
  store_floats(state.values, work->out, work->half, row * work->size, count);
}

void write_nothing(const struct attention* work, size_t token, size_t head) {
  const size_t group = work->heads / work->kv_heads;
  for (size_t r = 0; r < group; r++)
    work->log_sum[token * work->heads + head * group + r] = NO_KEYS;
}

void clear_state(struct attended state, size_t rows, size_t size) {
  for (size_t r = 0; r < rows; r++) {
    state.largest[r] = -INFINITY;
    state.total[r] = 0;
  }
  memset(state.values, 0, rows * size * sizeof *state.values);
}

int no_memory_for_attention(void) {
  TVMFFIErrorSetRaisedFromCStr("RuntimeError", "the CPU kernels have no memory for attention");
  return -1;
}
