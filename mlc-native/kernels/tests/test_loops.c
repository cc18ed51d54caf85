/** The inner loops of an instruction set, against the portable ones and against doubles. */
#include <math.h>
#include <string.h>

#include "support.h"

extern const struct isa isa_portable;

/** Relative to the magnitudes of all numbers that go into a sum. */
static const double SUM_ERROR = 2e-6;

static size_t random_columns(void) {
  static const int groups[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 18, 33, 48};
  return (size_t)groups[random_int(0, (int)(sizeof groups / sizeof *groups) - 1)] * GROUP;
}

/** Values whose groups have a scale of exactly 1, so that they are their own codes. */
static void fill_whole(float* x, size_t count, bool greatest) {
  for (size_t i = 0; i < count; i++) {
    x[i] = (float)(greatest ? 127 : random_int(-9, 9));
    if (i % GROUP == 0) x[i + (size_t)random_int(0, GROUP - 1)] = 0;
  }
  for (size_t g = 0; g < count; g += GROUP) {
    x[g + (size_t)random_int(0, GROUP - 1)] = random_bool() ? 127 : -127;
  }
}

static void fill_random(float* x, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = random_float();
  // Some groups are zero, and some have an outlier.
  for (size_t g = 0; g < count; g += GROUP) {
    if (random_int(0, 7) == 0) memset(x + g, 0, GROUP * sizeof *x);
    if (random_int(0, 7) == 0) x[g + (size_t)random_int(0, GROUP - 1)] *= 1000;
  }
}

/** Rounding as it is defined, by the portable loops. */
static void test_round(uint64_t seed) {
  case_begin("round", seed);
  const size_t tokens = (size_t)random_int(1, 3), columns = random_columns();
  const enum format format = (enum format)random_int(FORMAT_Q4_0, FORMAT_COUNT - 1);
  float* x = guarded_floats(tokens * columns);
  fill_random(x, tokens * columns);
  const size_t planes = (size_t)random_int(1, 2);
  struct rounded reference = guarded_rounded(tokens, columns, planes);
  struct rounded found = guarded_rounded(tokens, columns, planes);
  round_all(&isa_portable, x, tokens, format, &reference);
  round_all(isa, x, tokens, format, &found);
  for (size_t t = 0; t < tokens; t++) {
    for (size_t k = 0; k < columns; k++) {
      const double scale = reference.scale[(t * columns + k) / GROUP];
      const double error = rounded_at(&reference, format, t, k) - x[t * columns + k];
      // A second plane has no code for half a step of the first.
      const double steps = planes == 1 ? 0.5001 : 1.01;
      check(fabs(error) <= steps * scale, "element %zu rounds with an error of %g of %g", k, error,
            scale);
    }
  }
  for (size_t g = 0; g < tokens * columns / GROUP; g++) {
    check(found.scale[g] == reference.scale[g], "scale %zu is %g, not %g", g, found.scale[g],
          reference.scale[g]);
    check(found.scaled_sum[g] == reference.scaled_sum[g], "sum %zu is %g, not %g", g,
          found.scaled_sum[g], reference.scaled_sum[g]);
  }
}

/** A quantized matrix and rounded rows that meet it, with what their products should be. */
struct product {
  struct matrix w;
  size_t tokens;
  enum fill fill;
  const float* x;
  struct rounded reference;
};

static struct product random_product(size_t most_tokens) {
  struct product p = {.tokens = (size_t)random_int(1, (int)most_tokens),
                      .fill = (enum fill)random_int(FILL_RANDOM, FILL_GREATEST)};
  // More groups of the greatest numbers do not fit the 24 bits of a float.
  const size_t columns =
      p.fill == FILL_GREATEST ? (size_t)random_int(1, 8) * GROUP : random_columns();
  const enum format format = (enum format)random_int(FORMAT_Q4_0, FORMAT_COUNT - 1);
  p.w = random_matrix(format, (size_t)random_int(1, 70), columns, p.fill);
  float* x = guarded_floats(p.tokens * columns);
  if (p.fill == FILL_RANDOM) {
    fill_random(x, p.tokens * columns);
  } else {
    fill_whole(x, p.tokens * columns, p.fill == FILL_GREATEST);
  }
  p.x = x;
  p.reference = guarded_rounded(p.tokens, columns, (size_t)random_int(1, 2));
  round_all(&isa_portable, x, p.tokens, format, &p.reference);
  return p;
}

static void check_product(const struct product* p, size_t row, size_t token, float found) {
  double expected = 0, reach = 0;
  for (size_t k = 0; k < p->w.columns; k++) {
    const double x = rounded_at(&p->reference, p->w.format, token, k);
    expected += weight_at(&p->w, row, k) * x;
    reach += weight_reach(&p->w, row, k) * fabs(x);
  }
  const double allowed = p->fill == FILL_RANDOM ? SUM_ERROR * reach : 0;
  check(fabs(found - expected) <= allowed,
        "format %d, %zu columns: row %zu of token %zu is %.9g, not %.9g", (int)p->w.format,
        p->w.columns, row, token, found, expected);
}

static void test_dot_rows(uint64_t seed) {
  case_begin("dot_rows", seed);
  const struct product p = random_product(random_int(0, 3) == 0 ? 110 : 17);
  struct rounded x = guarded_rounded(p.tokens, p.w.columns, p.reference.planes);
  round_all(isa, p.x, p.tokens, p.w.format, &x);
  const size_t first = (size_t)random_int(0, (int)p.w.rows - 1);
  const size_t count = (size_t)random_int(1, (int)(p.w.rows - first));
  const size_t stride = count + (size_t)random_int(0, 5);
  float* out = guarded_floats((p.tokens - 1) * stride + count);
  isa->dot_rows(&p.w, first, count, &x, p.tokens, out, stride);
  for (size_t t = 0; t < p.tokens; t++) {
    for (size_t r = 0; r < count; r++) check_product(&p, first + r, t, out[t * stride + r]);
  }
  // One token alone, and other rows with it.
  const size_t token = (size_t)random_int(0, (int)p.tokens - 1), groups = p.w.columns / GROUP;
  x.codes += token * x.planes * p.w.columns;
  x.scale += token * groups;
  x.correction += token * groups;
  x.scaled_sum += token * groups;
  const size_t row = (size_t)random_int(0, (int)first);
  float* alone = guarded_floats(first + count - row);
  isa->dot_rows(&p.w, row, first + count - row, &x, 1, alone, 0);
  check(memcmp(alone + first - row, out + token * stride, count * sizeof *out) == 0,
        "format %d, %zu columns: token %zu depends on the others", (int)p.w.format, p.w.columns,
        token);
}

static void check_float_product(const struct matrix* w, const float* x, size_t row, float found) {
  double expected = 0, reach = 0;
  for (size_t k = 0; k < w->columns; k++) {
    expected += weight_at(w, row, k) * x[k];
    reach += fabs(weight_at(w, row, k) * x[k]);
  }
  check(fabs(found - expected) <= SUM_ERROR * reach, "row %zu is %.9g, not %.9g", row, found,
        expected);
}

static void test_floats(uint64_t seed) {
  case_begin("products of floats", seed);
  const size_t tokens = (size_t)random_int(1, 40), columns = random_columns();
  const enum format format = random_bool() ? FORMAT_F16 : FORMAT_F32;
  const struct matrix w = random_matrix(format, (size_t)random_int(1, 70), columns, FILL_RANDOM);
  const float* x = random_numbers(tokens * columns, false).data;
  const size_t first = (size_t)random_int(0, (int)w.rows - 1);
  const size_t count = (size_t)random_int(1, (int)(w.rows - first));
  float* dots = guarded_floats(count);
  isa->dot_float_rows(&w, first, count, x, dots);
  for (size_t r = 0; r < count; r++) check_float_product(&w, x, first + r, dots[r]);

  const size_t rows = count < PANEL_ROWS ? count : PANEL_ROWS;
  float* panel = guarded_floats(columns * PANEL_ROWS);
  isa->unpack_floats(&w, first, rows, panel);
  float* out = guarded_floats(tokens * PANEL_ROWS);
  isa->multiply_floats(panel, columns, x, tokens, out);
  for (size_t t = 0; t < tokens; t++) {
    for (size_t r = 0; r < rows; r++) {
      check_float_product(&w, x + t * columns, first + r, out[t * PANEL_ROWS + r]);
    }
  }
}

static void test_decode_row(uint64_t seed) {
  case_begin("decode_row", seed);
  const enum format format = (enum format)random_int(0, FORMAT_COUNT - 1);
  const struct matrix w = random_matrix(format, 3, random_columns(), FILL_RANDOM);
  float* out = guarded_floats(w.columns);
  const size_t row = (size_t)random_int(0, 2);
  isa->decode_row(&w, row, out);
  for (size_t k = 0; k < w.columns; k++) {
    check(fabs(out[k] - weight_at(&w, row, k)) <= 2e-7 * weight_reach(&w, row, k),
          "format %d: element %zu is %.9g, not %.9g", (int)format, k, out[k],
          weight_at(&w, row, k));
  }
}

static void test_halves(uint64_t seed) {
  case_begin("halves", seed);
  const size_t count = (size_t)random_int(1, 200);
  uint16_t* halves = guarded(count * 2, 2);
  for (size_t i = 0; i < count; i++) halves[i] = (uint16_t)random_int(0, 65535);
  float* wide = guarded_floats(count);
  uint16_t *narrow = guarded(count * 2, 2), *reference = guarded(count * 2, 2);
  isa->widen(halves, wide, count);
  isa->narrow(wide, narrow, count);
  for (size_t i = 0; i < count; i++) {
    const double expected = double_of_half(halves[i]);
    check(isnan(expected) ? isnan(wide[i]) : wide[i] == expected, "half %04x is %g, not %g",
          halves[i], wide[i], expected);
    const bool same = isnan(expected) ? isnan(double_of_half(narrow[i])) : narrow[i] == halves[i];
    check(same, "%g becomes half %04x, not %04x", wide[i], narrow[i], halves[i]);
    const float size = powf(2, (float)random_int(-30, 20));
    wide[i] = random_int(0, 20) == 0 ? INFINITY : size * random_float();
  }
  isa->narrow(wide, narrow, count);
  isa_portable.narrow(wide, reference, count);
  for (size_t i = 0; i < count; i++) {
    check(narrow[i] == reference[i], "%.9g becomes half %04x, not %04x", wide[i], narrow[i],
          reference[i]);
    const double value = double_of_half(narrow[i]), size = fabs((double)wide[i]);
    check(size > 65504 || fabs(value - wide[i]) <= fmax(size * 0x1p-11, 0x1p-25),
          "%.9g becomes %.9g", wide[i], value);
  }
}

static void test_elements(uint64_t seed) {
  case_begin("norm and silu", seed);
  const size_t count = (size_t)random_int(1, 700);
  const float* x = random_numbers(count, false).data;
  const struct floats weight = random_numbers(count, random_bool());
  float* out = guarded_floats(count);
  double squares = 0;
  for (size_t i = 0; i < count; i++) squares += (double)x[i] * x[i];
  isa->rms_norm(x, weight, 1e-5f, count, out);
  const double factor = 1 / sqrt(squares / (double)count + 1e-5);
  for (size_t i = 0; i < count; i++) {
    const double expected = x[i] * factor * number_at(weight, i);
    check(fabs(out[i] - expected) <= 2e-6 * fabs(expected), "norm %zu is %.9g, not %.9g", i, out[i],
          expected);
  }
  float* gate = (float*)random_numbers(count, false).data;
  for (size_t i = 0; i < count; i++) gate[i] *= powf(4, (float)random_int(-2, 3));
  isa->silu_multiply(gate, x, out, count);
  for (size_t i = 0; i < count; i++) {
    const double expected = gate[i] / (1 + exp(-(double)gate[i])) * x[i];
    // The exponent is a float, so its error grows with the gate.
    const double allowed = (2e-6 + 2e-7 * fabs((double)gate[i])) * fabs(expected) + 1e-30;
    check(fabs(out[i] - expected) <= allowed, "silu %zu of %.9g is %.9g, not %.9g", i, gate[i],
          out[i], expected);
  }
}

static void test_layer_norm(uint64_t seed) {
  case_begin("layer_norm and gelu", seed);
  const size_t count = (size_t)random_int(1, 700);
  float* x = (float*)random_numbers(count, false).data;
  const struct floats weight = random_numbers(count, random_bool());
  const struct floats bias = random_numbers(count, random_bool());
  const float middle = random_float() * 4;
  double sum = 0, squares = 0;
  for (size_t i = 0; i < count; i++) sum += x[i] += middle;
  const double mean = sum / (double)count;
  for (size_t i = 0; i < count; i++) squares += (x[i] - mean) * (x[i] - mean);
  const double factor = 1 / sqrt(squares / (double)count + 1e-5);
  float* out = guarded_floats(count);
  isa->layer_norm(x, weight, bias, 1e-5f, count, out);
  for (size_t i = 0; i < count; i++) {
    const double scale = factor * number_at(weight, i);
    const double expected = (x[i] - mean) * scale + number_at(bias, i);
    const double allowed = 2e-6 * ((fabs(x[i]) + fabs(mean)) * fabs(scale) + fabs(expected));
    check(fabs(out[i] - expected) <= allowed + 1e-6, "norm %zu is %.9g, not %.9g", i, out[i],
          expected);
  }
  for (size_t i = 0; i < count; i++) out[i] = x[i] *= powf(4, (float)random_int(-2, 2));
  isa->gelu(out, count);
  for (size_t i = 0; i < count; i++) {
    const double expected = x[i] / 2.0 * (1 + erf(x[i] / sqrt(2)));
    check(fabs(out[i] - expected) <= 3e-7 * fabs((double)x[i]) + 1e-30,
          "gelu %zu of %.9g is %.9g, not %.9g", i, x[i], out[i], expected);
  }
}

/** Two tiles of keys and values, and how many of each tile's keys each of some query rows sees. */
struct attend_case {
  size_t rows;
  size_t size;
  const float* q;
  struct keys tiles[2];
  struct floats key[2];
  struct floats value[2];
  size_t* visible[2];
};

static struct attend_case random_attend_case(size_t rows, bool limited) {
  const bool half = random_bool();
  struct attend_case the = {.rows = rows, .size = (size_t)random_int(1, HEAD_SIZE / 16) * 16};
  const float spread = powf(2, (float)random_int(-2, 3)) / sqrtf((float)the.size);
  float* q = (float*)random_numbers(rows * the.size, false).data;
  for (size_t i = 0; i < rows * the.size; i++) q[i] *= spread;
  the.q = q;
  for (int tile = 0; tile < 2; tile++) {
    const size_t count = (size_t)random_int(1, KEY_TILE);
    the.key[tile] = random_numbers(count * the.size, half);
    the.value[tile] = random_numbers(count * the.size, half);
    the.tiles[tile] = (struct keys){.half = half, .size = the.size, .count = count};
    for (size_t i = 0; i < count; i++) {
      const size_t place = i * the.size * (half ? 2 : 4);
      the.tiles[tile].key[i] = (const uint8_t*)the.key[tile].data + place;
      the.tiles[tile].value[i] = (const uint8_t*)the.value[tile].data + place;
    }
    the.visible[tile] = guarded(rows * sizeof(size_t), sizeof(size_t));
    for (size_t r = 0; r < rows; r++) {
      the.visible[tile][r] = limited ? (size_t)random_int(0, (int)count) : count;
    }
  }
  return the;
}

static struct attended empty_state(size_t rows, size_t size) {
  struct attended state = {guarded_floats(rows), guarded_floats(rows), guarded_floats(rows * size)};
  for (size_t r = 0; r < rows; r++) {
    state.largest[r] = -INFINITY;
    state.total[r] = 0;
  }
  memset(state.values, 0, rows * size * sizeof *state.values);
  return state;
}

/**
 * Half a unit of a 16-bit code in each factor of a score: what the scores of row `r` may be off by
 * where queries and keys are rounded to codes.
 */
static double code_error(const struct attend_case* the, size_t r) {
  const double unit = 0.5 / floor(sqrt(2147483000.0 / (double)the->size));
  double worst = 0;
  for (int tile = 0; tile < 2; tile++) {
    for (size_t i = 0; i < the->visible[tile][r]; i++) {
      double q_sum = 0, q_most = 0, key_sum = 0, key_most = 0;
      for (size_t d = 0; d < the->size; d++) {
        const double q = fabs((double)the->q[r * the->size + d]);
        const double key = fabs((double)number_at(the->key[tile], i * the->size + d));
        q_sum += q, key_sum += key;
        q_most = fmax(q_most, q), key_most = fmax(key_most, key);
      }
      worst = fmax(worst, unit * (q_sum * key_most + key_sum * q_most));
    }
  }
  return 1.01 * worst;
}

/** Checks a row; scores may be off by `score`, and the weights of a tile by `weights` in all. */
static void check_attended(const struct attend_case* the, struct attended state, size_t r,
                           double score, double weights) {
  double total = 0, sums[HEAD_SIZE] = {0}, most = 0;
  for (int tile = 0; tile < 2; tile++) {
    for (size_t i = 0; i < the->visible[tile][r]; i++) {
      double exponent = 0;
      for (size_t d = 0; d < the->size; d++) {
        exponent += the->q[r * the->size + d] * number_at(the->key[tile], i * the->size + d);
      }
      total += exp2(exponent);
      for (size_t d = 0; d < the->size; d++) {
        const double value = number_at(the->value[tile], i * the->size + d);
        sums[d] += exp2(exponent) * value;
        most = fmax(most, fabs(value));
      }
    }
  }
  if (total == 0) {
    check(state.total[r] == 0, "row %zu saw keys", r);
    return;
  }
  const double sum = state.largest[r] + log2(state.total[r]);
  check(fabs(sum - log2(total)) < 1e-4 + score + weights, "row %zu: log-sum %.9g, not %.9g", r, sum,
        log2(total));
  // A score that is off by e changes its weight by the factor 2^e, and all others may as well.
  const double allowed = 1e-4 + (exp2(2 * score) - 1 + 2 * weights) * most;
  for (size_t d = 0; d < the->size; d++) {
    const double found = state.values[r * the->size + d] / state.total[r];
    check(fabs(found - sums[d] / total) < allowed, "row %zu: element %zu is %.9g, not %.9g", r, d,
          found, sums[d] / total);
  }
}

/** A few queries that see keys in two tiles, one after the other. */
static void test_attend_few(uint64_t seed) {
  case_begin("attend few", seed);
  const struct attend_case the = random_attend_case((size_t)random_int(1, 10), false);
  const struct attended state = empty_state(the.rows, the.size);
  float* scratch = guarded_floats(ATTEND_SCRATCH);
  for (int tile = 0; tile < 2; tile++) {
    isa->attend_few(the.q, the.rows, &the.tiles[tile], tile == 0 ? &the.tiles[1] : NULL, state,
                    scratch);
  }
  for (size_t r = 0; r < the.rows; r++) check_attended(&the, state, r, 0, 0);
}

/** Many queries, of which each sees some keys of two tiles. */
static void test_attend_many(uint64_t seed) {
  case_begin("attend many", seed);
  const struct attend_case the =
      random_attend_case((size_t)random_int(1, QUERY_TILE), random_bool());
  const struct attended state = empty_state(the.rows, the.size);
  float* scratch = guarded_floats(ATTEND_SCRATCH);
  struct queries queries = {.data = guarded_floats(QUERY_TILE * the.size),
                            .scale = guarded_floats(QUERY_TILE)};
  isa->prepare_queries(the.q, the.rows, the.size, &queries);
  for (int tile = 0; tile < 2; tile++) {
    isa->attend_many(&queries, &the.tiles[tile], the.visible[tile], state, scratch);
  }
  // Half a unit of a code for each key of a tile, and as much again for its value.
  const double weights = KEY_TILE * 0.5 / floor(sqrt(2147483000.0 / KEY_TILE)) * 2;
  for (size_t r = 0; r < the.rows; r++) {
    check_attended(&the, state, r, code_error(&the, r), weights);
  }
}

/** Numbers that are none, or too large or too small: anything may come out, but no fault. */
static void test_odd_numbers(uint64_t seed) {
  case_begin("odd numbers", seed);
  static const float odd[] = {NAN, INFINITY, -INFINITY, 1e-40f, -1e-44f, 3e38f, 0.0f, -0.0f};
  const enum format format = (enum format)random_int(FORMAT_Q4_0, FORMAT_COUNT - 1);
  struct matrix w = random_matrix(format, 40, random_columns(), FILL_RANDOM);
  const size_t scale_bytes = 40 * w.columns / GROUP * (format == FORMAT_Q4F32_1 ? 4 : 2);
  for (size_t i = 0; i < scale_bytes; i++) ((uint8_t*)w.scale)[i] = (uint8_t)random_int(0, 255);
  float* x = guarded_floats(2 * w.columns);
  for (size_t i = 0; i < 2 * w.columns; i++) {
    x[i] = random_bool() ? random_float() : odd[random_int(0, 7)];
  }
  float* out = guarded_floats(2 * PANEL_ROWS);
  struct rounded rounded = guarded_rounded(2, w.columns, (size_t)random_int(1, 2));
  round_all(isa, x, 2, format, &rounded);
  isa->dot_rows(&w, 0, PANEL_ROWS, &rounded, 2, out, PANEL_ROWS);
  float* row = guarded_floats(w.columns);
  isa->rms_norm(x, (struct floats){x, false}, 1e-5f, w.columns, row);
  isa->silu_multiply(x, x, row, w.columns);
  const struct keys keys = {.size = GROUP, .count = 1, .key = {x}, .value = {x}};
  float largest = -INFINITY, total = 0;
  memset(row, 0, GROUP * sizeof *row);
  const struct attended state = {&largest, &total, row};
  float* scratch = guarded_floats(ATTEND_SCRATCH);
  isa->attend_few(x, 1, &keys, NULL, state, scratch);
  struct queries queries = {.data = guarded_floats(QUERY_TILE * GROUP),
                            .scale = guarded_floats(QUERY_TILE)};
  isa->prepare_queries(x, 1, GROUP, &queries);
  const size_t visible = 1;
  isa->attend_many(&queries, &keys, &visible, state, scratch);
}

void test_loops(uint64_t seed) {
  test_round(seed);
  test_dot_rows(seed);
  test_floats(seed);
  test_decode_row(seed);
  test_halves(seed);
  test_elements(seed);
  test_layer_norm(seed);
  test_attend_few(seed);
  test_attend_many(seed);
  test_odd_numbers(seed);
}
