/** The reference: plain C, one number at a time, in the order that the formulas have. */
#include <math.h>
#include <string.h>

#include "isa.h"

static const float LOG2_E = 1.44269504088896341f;

static bool runs_here(void) { return true; }

static float float_of_half(uint16_t half) {
  uint32_t sign = (uint32_t)(half >> 15) << 31, exponent = half >> 10 & 31, fraction = half & 1023;
  if (exponent == 0) {
    float tiny = ldexpf((float)fraction, -24);
    return sign ? -tiny : tiny;
  }
  uint32_t bits = sign | (exponent == 31 ? 255u : exponent + 112) << 23 | fraction << 13;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

/** Rounds to nearest, ties to even. */
static uint16_t half_of_float(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
  bits &= 0x7fffffff;
  if (bits > 0x7f800000) return sign | 0x7e00;
  if (bits >= 0x477ff000) return sign | 0x7c00;
  if (bits < 0x38800000) {
    float magnitude;
    memcpy(&magnitude, &bits, 4);
    return (uint16_t)(sign | (uint16_t)rintf(ldexpf(magnitude, 24)));
  }
  uint32_t rounded = bits + 0xfff + (bits >> 13 & 1);
  return (uint16_t)(sign | ((rounded >> 13) - (112 << 10)));
}

static float number_at(const void* from, bool half, size_t i) {
  return half ? float_of_half(((const uint16_t*)from)[i]) : ((const float*)from)[i];
}

/** Stores one plane of a group, returns the sum of its codes and leaves what the next one holds. */
static int store_plane(float values[GROUP], enum order order, int8_t* codes) {
  int sum = 0;
  for (int i = 0; i < GROUP; i++) {
    int code = (int)rintf(values[i]);
    codes[order == ORDER_EVENS_FIRST ? i / 2 + i % 2 * GROUP / 2 : i] = (int8_t)code;
    sum += code;
    values[i] = fmaxf(fminf((values[i] - rintf(values[i])) * PLANE_RATIO, 127), -127);
  }
  return sum;
}

static void put_group(struct rounded* to, size_t place, float scale, int sum) {
  to->scale[place] = scale;
  // Codes of weights have their zero taken off here before they are multiplied.
  to->correction[place] = 0;
  to->scaled_sum[place] = scale * (float)sum;
}

static void round_groups(const float* x, size_t groups, enum format format, struct rounded* to,
                         size_t token, size_t group) {
  const enum order order = layout_of(format).order;
  const size_t row_groups = to->columns / GROUP;
  for (size_t g = group; g < group + groups; g++, x += GROUP) {
    float largest = 0, values[GROUP];
    for (int i = 0; i < GROUP; i++) largest = fmaxf(largest, fabsf(x[i]));
    const float inverse = largest > 0 ? 127 / largest : 0;
    for (int i = 0; i < GROUP; i++) values[i] = x[i] * inverse;
    float scale = largest / 127;
    int joined = 0;
    for (size_t p = 0; p < to->planes; p++) {
      const size_t plane = token * to->planes + p;
      const int sum = store_plane(values, order, to->codes + plane * to->columns + g * GROUP);
      joined = joined * PLANE_RATIO + sum;
      if (p > 0) scale /= PLANE_RATIO;
    }
    put_group(to, token * row_groups + g, scale, joined);
  }
}

/** The code at a position of a group, with the format's zero taken off. */
static int code_at(const struct matrix* w, size_t row, size_t group, int position) {
  const struct layout layout = layout_of(w->format);
  const uint8_t* codes = w->codes + row * row_bytes(w) + group * GROUP * layout.bits / 8;
  if (layout.bits == 4) return (codes[position % 16] >> position / 16 * 4 & 15) - layout.zero;
  return (codes[position] ^ (layout.is_signed ? 0x80 : 0)) - layout.zero;
}

static float scale_at(const struct matrix* w, size_t row, size_t group) {
  return number_at(w->scale, !layout_of(w->format).wide_scale, row * groups_of(w) + group);
}

static float min_at(const struct matrix* w, size_t row, size_t group) {
  return w->min == NULL ? 0 : float_of_half(w->min[row * groups_of(w) + group]);
}

static float dot_row(const struct matrix* w, size_t row, const struct rounded* x, size_t token) {
  float sum = 0;
  for (size_t g = 0; g < groups_of(w); g++) {
    const size_t place = token * groups_of(w) + g;
    int32_t dot = 0;
    for (size_t p = 0; p < x->planes; p++) {
      const int8_t* codes = x->codes + (token * x->planes + p) * x->columns + g * GROUP;
      dot *= PLANE_RATIO;
      for (int i = 0; i < GROUP; i++) dot += code_at(w, row, g, i) * codes[i];
    }
    sum += (float)dot * (scale_at(w, row, g) * x->scale[place]);
    sum += min_at(w, row, g) * x->scaled_sum[place];
  }
  return sum;
}

static void dot_rows(const struct matrix* w, size_t first, size_t count, const struct rounded* x,
                     size_t tokens, float* out, size_t stride) {
  for (size_t t = 0; t < tokens; t++) {
    for (size_t r = 0; r < count; r++) out[t * stride + r] = dot_row(w, first + r, x, t);
  }
}

static void dot_float_rows(const struct matrix* w, size_t first, size_t count, const float* x,
                           float* out) {
  for (size_t r = 0; r < count; r++) {
    float sum = 0;
    for (size_t k = 0; k < w->columns; k++) {
      sum += number_at(w->codes, w->format == FORMAT_F16, (first + r) * w->columns + k) * x[k];
    }
    out[r] = sum;
  }
}

static void unpack_floats(const struct matrix* w, size_t first, size_t count, float* panel) {
  for (size_t r = 0; r < PANEL_ROWS; r++) {
    for (size_t k = 0; k < w->columns; k++) {
      const bool missing = r >= count;
      const float value =
          number_at(w->codes, w->format == FORMAT_F16, missing ? 0 : (first + r) * w->columns + k);
      panel[k * PANEL_ROWS + r] = missing ? 0 : value;
    }
  }
}

static void multiply_floats(const float* panel, size_t columns, const float* x, size_t tokens,
                            float* out) {
  for (size_t t = 0; t < tokens; t++) {
    for (size_t r = 0; r < PANEL_ROWS; r++) {
      float sum = 0;
      for (size_t k = 0; k < columns; k++) sum += panel[k * PANEL_ROWS + r] * x[t * columns + k];
      out[t * PANEL_ROWS + r] = sum;
    }
  }
}

static void decode_row(const struct matrix* w, size_t row, float* out) {
  const struct layout layout = layout_of(w->format);
  for (size_t k = 0; k < w->columns; k++) {
    if (layout.bits > 8) {
      out[k] = number_at(w->codes, layout.bits == 16, row * w->columns + k);
      continue;
    }
    int i = (int)(k % GROUP);
    int position = layout.order == ORDER_EVENS_FIRST ? i / 2 + i % 2 * GROUP / 2 : i;
    float code = (float)code_at(w, row, k / GROUP, position);
    out[k] = code * scale_at(w, row, k / GROUP) + min_at(w, row, k / GROUP);
  }
}

static void widen(const uint16_t* from, float* to, size_t count) {
  for (size_t i = 0; i < count; i++) to[i] = float_of_half(from[i]);
}

static void narrow(const float* from, uint16_t* to, size_t count) {
  for (size_t i = 0; i < count; i++) to[i] = half_of_float(from[i]);
}

static void rms_norm(const float* x, struct floats weight, float epsilon, size_t count,
                     float* out) {
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += x[i] * x[i];
  const float factor = 1 / sqrtf(sum / (float)count + epsilon);
  for (size_t i = 0; i < count; i++) {
    out[i] = x[i] * factor * number_at(weight.data, weight.half, i);
  }
}

static void layer_norm(const float* x, struct floats weight, struct floats bias, float epsilon,
                       size_t count, float* out) {
  float sum = 0, squares = 0;
  for (size_t i = 0; i < count; i++) sum += x[i];
  const float mean = sum / (float)count;
  for (size_t i = 0; i < count; i++) squares += (x[i] - mean) * (x[i] - mean);
  const float factor = 1 / sqrtf(squares / (float)count + epsilon);
  for (size_t i = 0; i < count; i++) {
    out[i] = (x[i] - mean) * factor * number_at(weight.data, weight.half, i) +
             number_at(bias.data, bias.half, i);
  }
}

static void gelu(float* x, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = x[i] / 2 * (1 + erff(x[i] * 0.70710678f));
}

static void silu_multiply(const float* gate, const float* up, float* out, size_t count) {
  for (size_t i = 0; i < count; i++) {
    out[i] = gate[i] / (1 + exp2f(gate[i] * -LOG2_E)) * up[i];
  }
}

static void attend_key(const float* q, const struct keys* keys, size_t key, size_t row,
                       struct attended state) {
  float score = 0;
  for (size_t d = 0; d < keys->size; d++) score += q[d] * number_at(keys->key[key], keys->half, d);
  const float largest = fmaxf(state.largest[row], score);
  const float keep = exp2f(state.largest[row] - largest), take = exp2f(score - largest);
  for (size_t d = 0; d < keys->size; d++) {
    float* value = &state.values[row * keys->size + d];
    *value = *value * keep + number_at(keys->value[key], keys->half, d) * take;
  }
  state.total[row] = state.total[row] * keep + take;
  state.largest[row] = largest;
}

static void attend_few(const float* q, size_t rows, const struct keys* keys,
                       const struct keys* next, struct attended state, float* scratch) {
  (void)next, (void)scratch;
  for (size_t r = 0; r < rows; r++) {
    for (size_t i = 0; i < keys->count; i++) attend_key(q + r * keys->size, keys, i, r, state);
  }
}

static void prepare_queries(const float* q, size_t rows, size_t size, struct queries* to) {
  to->rows = rows;
  to->size = size;
  memcpy(to->data, q, rows * size * sizeof *q);
}

static void attend_many(const struct queries* queries, const struct keys* keys,
                        const size_t* visible, struct attended state, float* scratch) {
  (void)scratch;
  for (size_t r = 0; r < queries->rows; r++) {
    const float* q = (const float*)queries->data + r * keys->size;
    for (size_t i = 0; i < visible[r]; i++) attend_key(q, keys, i, r, state);
  }
}

#define TARGET_NAME "portable"
#define TABLE isa_portable
#include "loops/table.h"
