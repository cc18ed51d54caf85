/** Projections and whole layers on several threads, against doubles. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layer.h"
#include "support.h"

static double* doubles(size_t count) { return calloc(count, sizeof(double)); }

static void normalize_row(const double* x, const struct norm* norm, size_t count, double* to) {
  double squares = 0;
  for (size_t i = 0; i < count; i++) squares += x[i] * x[i];
  const double factor = 1 / sqrt(squares / (double)count + norm->epsilon);
  for (size_t i = 0; i < count; i++) to[i] = x[i] * factor * number_at(norm->weight, i);
}

/** Rounds a row to 8 bits as a quantized matrix asks for. */
static void round_row(const struct matrix* w, double* x) {
  if (!is_quantized(w)) return;
  for (size_t g = 0; g < w->columns; g += GROUP) {
    double largest = 0;
    for (size_t k = g; k < g + GROUP; k++) largest = fmax(largest, fabs(x[k]));
    const double scale = largest > 0 ? largest / 127 : 1;
    for (size_t k = g; k < g + GROUP; k++) x[k] = rint(x[k] / scale) * scale;
  }
}

/** Rounds a row to 8 bits, and what that took off once more. */
static void round_twice(const struct matrix* w, double* x) {
  double* rest = doubles(w->columns);
  memcpy(rest, x, w->columns * sizeof *x);
  round_row(w, x);
  for (size_t k = 0; k < w->columns; k++) rest[k] -= x[k];
  round_row(w, rest);
  for (size_t k = 0; k < w->columns; k++) x[k] += rest[k];
  free(rest);
}

/** The product of a rounded row. */
static double product(const struct matrix* w, size_t row, const double* x) {
  double sum = 0;
  for (size_t k = 0; k < w->columns; k++) sum += weight_at(w, row, k) * x[k];
  return sum;
}

/** What floats make of the sums, and what one element moves that was near the middle of two codes.
 */
static double product_error(const struct matrix* w, size_t row, const double* x) {
  double sums = 0, most = 0;
  for (size_t k = 0; k < w->columns; k++) {
    sums += weight_reach(w, row, k) * fabs(x[k]);
    most = fmax(most, fabs(weight_at(w, row, k)));
  }
  double largest = 0;
  for (size_t k = 0; k < w->columns; k++) largest = fmax(largest, fabs(x[k]));
  return 2e-6 * sums + (is_quantized(w) ? 3.01 * most * largest / 127 : 0);
}

static size_t random_columns(void) { return (size_t)random_int(1, 12) * GROUP; }

static struct matrix some_matrix(size_t rows, size_t columns) {
  return random_matrix((enum format)random_int(0, FORMAT_COUNT - 1), rows, columns, FILL_RANDOM);
}

static size_t some_tokens(void) {
  return (size_t)(random_bool() ? random_int(1, 16) : random_int(1, 150));
}

static void test_project(uint64_t seed) {
  case_begin("norm_linear", seed);
  const size_t columns = random_columns(), rows = (size_t)random_int(1, 300);
  struct projection work = {.tokens = some_tokens(), .w = some_matrix(rows, columns)};
  work.x = random_numbers(work.tokens * columns, random_bool());
  if (random_bool()) work.norm = (struct norm){random_numbers(columns, random_bool()), 1e-5f};
  const bool half = random_bool();
  void* out = guarded(work.tokens * rows * (half ? 2 : 4), half ? 2 : 4);
  work.out = (struct output){.data = out, .half = half, .stride = rows};
  check(project(&work) == 0, "projection failed: %s", raised);
  double* x = doubles(columns);
  for (size_t t = 0; t < work.tokens; t++) {
    for (size_t k = 0; k < columns; k++) x[k] = number_at(work.x, t * columns + k);
    if (work.norm.weight.data != NULL) {
      normalize_row(x, &work.norm, columns, x);
      round_twice(&work.w, x);
    } else {
      round_row(&work.w, x);
    }
    for (size_t r = 0; r < rows; r++) {
      const double expected = product(&work.w, r, x);
      const double found = number_at((struct floats){out, half}, t * rows + r);
      const double allowed = product_error(&work.w, r, x) + (half ? 1e-3 * fabs(expected) : 0);
      check(fabs(found - expected) <= allowed + 1e-6,
            "format %d, %zu tokens: row %zu of token %zu is %g, not %g", (int)work.w.format,
            work.tokens, r, t, found, expected);
    }
  }
  free(x);
}

static void test_dense(uint64_t seed) {
  case_begin("dense", seed);
  const size_t columns = random_columns(), rows = random_columns();
  struct projection work = {.tokens = some_tokens(), .w = some_matrix(rows, columns)};
  work.x = random_numbers(work.tokens * columns, random_bool());
  float* out = guarded_floats(work.tokens * rows);
  work.out = (struct output){.data = out,
                             .stride = rows,
                             .bias = random_numbers(rows, random_bool()),
                             .gelu = random_bool()};
  const bool normed = !work.out.gelu && random_bool();
  if (normed) {
    work.out.add = random_numbers(work.tokens * rows, random_bool());
    work.after.weight = random_numbers(rows, random_bool());
    work.after.bias = random_numbers(rows, random_bool());
    work.after.epsilon = 1e-5f;
  }
  check(project(&work) == 0, "projection failed: %s", raised);
  double *x = doubles(columns), *expected = doubles(rows);
  for (size_t t = 0; t < work.tokens; t++) {
    for (size_t k = 0; k < columns; k++) x[k] = number_at(work.x, t * columns + k);
    round_row(&work.w, x);
    double sum = 0, squares = 0, errors = 0;
    for (size_t r = 0; r < rows; r++) {
      double value = product(&work.w, r, x) + number_at(work.out.bias, r);
      if (work.out.gelu) value = value / 2 * (1 + erf(value / sqrt(2)));
      if (normed) value += number_at(work.out.add, t * rows + r);
      expected[r] = value;
      sum += value;
      errors = fmax(errors, product_error(&work.w, r, x));
    }
    const double mean = sum / (double)rows;
    for (size_t r = 0; r < rows; r++) squares += (expected[r] - mean) * (expected[r] - mean);
    const double factor = 1 / sqrt(squares / (double)rows + 1e-5);
    for (size_t r = 0; r < rows; r++) {
      double allowed = 1.2 * errors + 1e-6 * (1 + fabs(expected[r]));
      if (normed) {
        const double scale = factor * number_at(work.after.weight, r);
        allowed *= 4 * fabs(scale);
        expected[r] = (expected[r] - mean) * scale + number_at(work.after.bias, r);
        allowed += 1e-5 * (1 + fabs(expected[r]));
      }
      check(fabs(out[t * rows + r] - expected[r]) <= allowed,
            "format %d, %zu tokens: row %zu of token %zu is %g, not %g", (int)work.w.format,
            work.tokens, r, t, out[t * rows + r], expected[r]);
    }
  }
  free(x);
  free(expected);
}

/** A layer's numbers for one token, in doubles. */
static void expected_layer(const struct layer* work, size_t token, double* hidden, double* next) {
  const size_t size = work->o.rows, inner = work->down.columns;
  double *x = doubles(work->o.columns), *normed = doubles(size), *gated = doubles(inner);
  for (size_t k = 0; k < work->o.columns; k++) {
    x[k] = number_at(work->attended, token * work->o.columns + k);
  }
  round_row(&work->o, x);
  for (size_t i = 0; i < size; i++) {
    hidden[i] = number_at(work->x, token * size + i) + product(&work->o, i, x);
  }
  normalize_row(hidden, &work->norm, size, normed);
  round_row(&work->gate_up, normed);
  for (size_t i = 0; i < inner; i++) {
    const double gate = product(&work->gate_up, i, normed);
    gated[i] = gate / (1 + exp(-gate)) * product(&work->gate_up, inner + i, normed);
  }
  round_row(&work->down, gated);
  for (size_t i = 0; i < size; i++) hidden[i] += product(&work->down, i, gated);
  if (work->has_next) {
    normalize_row(hidden, &work->next_norm, size, normed);
    round_twice(&work->next, normed);
    for (size_t i = 0; i < work->next.rows; i++) next[i] = product(&work->next, i, normed);
  }
  free(x);
  free(normed);
  free(gated);
}

/** The size of all errors of a row, relative to the size of the row. */
static double error_of(struct floats found, size_t first, const double* expected, size_t count) {
  double errors = 0, size = 0;
  for (size_t i = 0; i < count; i++) {
    const double error = number_at(found, first + i) - expected[i];
    errors += error * error;
    size += expected[i] * expected[i];
  }
  return sqrt(errors / size);
}

/** With floats alone the result is near; with rounded inputs, errors of single numbers stand out.
 */
static void test_layer(uint64_t seed) {
  case_begin("layer", seed);
  const size_t size = random_columns(), inner = random_columns(), attended = random_columns();
  const bool rounds = random_bool(), half = random_bool();
  const enum format last = rounds ? FORMAT_COUNT - 1 : FORMAT_F16;
#define SOME_MATRIX(rows, columns) \
  random_matrix((enum format)random_int(0, (int)last), rows, columns, FILL_RANDOM)
  struct layer work = {.tokens = (size_t)(random_bool() ? random_int(1, 16) : random_int(1, 80)),
                       .o = SOME_MATRIX(size, attended),
                       .gate_up = SOME_MATRIX(2 * inner, size),
                       .down = SOME_MATRIX(size, inner),
                       .norm = {random_numbers(size, random_bool()), 1e-5f},
                       .has_next = random_bool()};
  work.x = random_numbers(work.tokens * size, random_bool());
  work.attended = random_numbers(work.tokens * attended, random_bool());
  work.hidden = guarded_floats(work.tokens * size);
  const size_t rows = (size_t)random_int(1, 200);
  if (work.has_next) {
    work.next_norm = (struct norm){random_numbers(size, random_bool()), 1e-5f};
    work.next = SOME_MATRIX(rows, size);
    void* out = guarded(work.tokens * rows * (half ? 2 : 4), half ? 2 : 4);
    work.next_out = (struct output){.data = out, .half = half, .stride = rows};
  }
#undef SOME_MATRIX
  check(finish_layer(&work) == 0, "layer failed: %s", raised);
  double *hidden = doubles(size), *next = doubles(rows);
  for (size_t t = 0; t < work.tokens; t++) {
    expected_layer(&work, t, hidden, next);
    const double error = error_of((struct floats){work.hidden, false}, t * size, hidden, size);
    check(error < (rounds ? 3e-2 : 1e-4), "%zu tokens: error of token %zu is %g", work.tokens, t,
          error);
    if (!work.has_next) continue;
    const struct floats found = {work.next_out.data, half};
    const double next_error = error_of(found, t * rows, next, rows);
    check(next_error < (rounds ? 3e-2 : 2e-3), "%zu tokens: next error of token %zu is %g",
          work.tokens, t, next_error);
  }
  free(hidden);
  free(next);
}

static void test_rows(uint64_t seed) {
  case_begin("embed and rms_norm", seed);
  const size_t columns = random_columns(), tokens = (size_t)random_int(1, 20);
  const struct matrix w = some_matrix(50, columns);
  const bool half = random_bool();
  int32_t* ids = guarded(tokens * 4, 4);
  for (size_t t = 0; t < tokens; t++) ids[t] = random_int(0, 49);
  void* out = guarded(tokens * columns * (half ? 2 : 4), half ? 2 : 4);
  check(look_up(&w, ids, tokens, out, half) == 0, "look-up failed: %s", raised);
  for (size_t i = 0; i < tokens * columns; i++) {
    const double expected = weight_at(&w, (size_t)ids[i / columns], i % columns);
    const double found = number_at((struct floats){out, half}, i);
    const double reach = weight_reach(&w, (size_t)ids[i / columns], i % columns);
    check(fabs(found - expected) <= (half ? 5e-4 : 2e-7) * reach + 1e-7,
          "element %zu is %g, not %g", i, found, expected);
  }
  ids[tokens - 1] = random_bool() ? 50 : -1;
  raised = NULL;
  check(look_up(&w, ids, tokens, out, half) == -1 && raised != NULL, "a wrong id was taken");

  const struct norm norm = {random_numbers(columns, random_bool()), 1e-5f};
  const struct floats x = random_numbers(tokens * columns, random_bool());
  const struct normalization work = {x, tokens, columns, norm, out, half};
  check(normalize(&work) == 0, "norm failed: %s", raised);
  double* row = doubles(columns);
  for (size_t t = 0; t < tokens; t++) {
    for (size_t k = 0; k < columns; k++) row[k] = number_at(x, t * columns + k);
    normalize_row(row, &norm, columns, row);
    check(error_of((struct floats){out, half}, t * columns, row, columns) < (half ? 1e-3 : 1e-6),
          "the norm of token %zu is wrong", t);
  }
  free(row);
}

void test_jobs(uint64_t seed) {
  test_project(seed);
  test_dense(seed);
  test_layer(seed);
  test_rows(seed);
}
