/** Element-wise loops and products of floats, over the primitives of `simd/`. */
#include <math.h>

static const float LOG2_E = 1.44269504088896341f;

static inline vf load_any(struct floats x, size_t i) {
  return x.half ? vf_load_half((const uint16_t*)x.data + i) : vf_load((const float*)x.data + i);
}

static inline float load_one(struct floats x, size_t i) {
  return x.half ? float_of_half(((const uint16_t*)x.data)[i]) : ((const float*)x.data)[i];
}

/** `2^x` within 2e-7 of its value, for `x` between -126 and 126; beyond, that of the bound. */
static inline vf exp2_of(vf x) {
  x = vf_min(vf_max(x, vf_all(-126.0f)), vf_all(126.0f));
  vf whole = vf_nearest(x);
  vf rest = x - whole;
  // Taylor's series of 2^rest for |rest| <= 1/2.
  vf sum = vf_all(1.5403530e-4f);
  sum = vf_multiply_add(sum, rest, vf_all(1.3333558e-3f));
  sum = vf_multiply_add(sum, rest, vf_all(9.6181291e-3f));
  sum = vf_multiply_add(sum, rest, vf_all(5.5504109e-2f));
  sum = vf_multiply_add(sum, rest, vf_all(2.4022651e-1f));
  sum = vf_multiply_add(sum, rest, vf_all(6.9314718e-1f));
  sum = vf_multiply_add(sum, rest, vf_all(1.0f));
  return vf_scale(sum, whole);
}

static void widen(const uint16_t* from, float* to, size_t count) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) vf_store(to + i, vf_load_half(from + i));
  for (; i < count; i++) to[i] = float_of_half(from[i]);
}

static void narrow(const float* from, uint16_t* to, size_t count) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) vf_store_half(to + i, vf_load(from + i));
  if (i < count) {
    float rest[LANES] = {0};
    uint16_t halves[LANES];
    memcpy(rest, from + i, (count - i) * sizeof *rest);
    vf_store_half(halves, vf_load(rest));
    memcpy(to + i, halves, (count - i) * sizeof *halves);
  }
}

static void rms_norm(const float* x, struct floats weight, float epsilon, size_t count,
                     float* out) {
  vf squares = vf_all(0);
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    vf a = vf_load(x + i);
    squares = vf_multiply_add(a, a, squares);
  }
  float sum = vf_sum(squares);
  for (; i < count; i++) sum += x[i] * x[i];
  float factor = 1 / sqrtf(sum / (float)count + epsilon);
  for (i = 0; i + LANES <= count; i += LANES) {
    vf_store(out + i, vf_load(x + i) * vf_all(factor) * load_any(weight, i));
  }
  for (; i < count; i++) out[i] = x[i] * factor * load_one(weight, i);
}

static void layer_norm(const float* x, struct floats weight, struct floats bias, float epsilon,
                       size_t count, float* out) {
  vf sums = vf_all(0), squares = vf_all(0);
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) sums = sums + vf_load(x + i);
  float sum = vf_sum(sums);
  for (; i < count; i++) sum += x[i];
  const float mean = sum / (float)count;
  for (i = 0; i + LANES <= count; i += LANES) {
    vf a = vf_load(x + i) - vf_all(mean);
    squares = vf_multiply_add(a, a, squares);
  }
  float square = vf_sum(squares);
  for (; i < count; i++) square += (x[i] - mean) * (x[i] - mean);
  const float factor = 1 / sqrtf(square / (float)count + epsilon);
  for (i = 0; i + LANES <= count; i += LANES) {
    vf a = (vf_load(x + i) - vf_all(mean)) * vf_all(factor);
    vf_store(out + i, vf_multiply_add(a, load_any(weight, i), load_any(bias, i)));
  }
  for (; i < count; i++) {
    out[i] = (x[i] - mean) * factor * load_one(weight, i) + load_one(bias, i);
  }
}

/**
 * `max(x, 0) - |x| / 2 * erfc(|x| / sqrt(2))`, which is the same. The complement of the error
 * function, within 1.5e-7: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26.
 */
static inline vf gelu_of(vf x) {
  const vf size = vf_abs(x);
  const vf t = vf_all(1) / vf_multiply_add(size, vf_all(0.3275911f * 0.70710678f), vf_all(1));
  vf sum = vf_all(1.061405429f);
  sum = vf_multiply_add(sum, t, vf_all(-1.453152027f));
  sum = vf_multiply_add(sum, t, vf_all(1.421413741f));
  sum = vf_multiply_add(sum, t, vf_all(-0.284496736f));
  sum = vf_multiply_add(sum, t, vf_all(0.254829592f));
  const vf rest = sum * t * exp2_of(x * x * vf_all(-0.5f * LOG2_E));
  return vf_max(x, vf_all(0)) - vf_all(0.5f) * size * rest;
}

static void gelu(float* x, size_t count) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) vf_store(x + i, gelu_of(vf_load(x + i)));
  for (; i < count; i++) x[i] = x[i] / 2 * (1 + erff(x[i] * 0.70710678f));
}

static inline vf silu_of(vf x) { return x / (vf_all(1) + exp2_of(x * vf_all(-LOG2_E))); }

static void silu_multiply(const float* gate, const float* up, float* out, size_t count) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    vf_store(out + i, silu_of(vf_load(gate + i)) * vf_load(up + i));
  }
  for (; i < count; i++) out[i] = gate[i] / (1 + exp2f(gate[i] * -LOG2_E)) * up[i];
}

/** `out[r][v]` (+)= the products of `rows` rows of `a` with `vectors` vectors of each row of `b`.
 */
static inline __attribute__((always_inline)) void float_block(const int rows, const int vectors,
                                                              const float* a, size_t a_stride,
                                                              const float* b, size_t b_stride,
                                                              size_t inner, float* out,
                                                              size_t out_stride, bool add) {
  vf sums[BLOCK_FLOAT_ROWS][BLOCK_FLOAT_VECTORS];
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++) {
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) {
      sums[r][v] = add ? vf_load(out + (size_t)r * out_stride + v * LANES) : vf_all(0);
    }
  }
  for (size_t k = 0; k < inner; k++) {
    vf columns[BLOCK_FLOAT_VECTORS];
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) columns[v] = vf_load(b + k * b_stride + v * LANES);
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++) {
      vf x = vf_all(a[(size_t)r * a_stride + k]);
#pragma GCC unroll 8
      for (int v = 0; v < vectors; v++) sums[r][v] = vf_multiply_add(x, columns[v], sums[r][v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++) {
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) {
      vf_store(out + (size_t)r * out_stride + v * LANES, sums[r][v]);
    }
  }
}

static inline __attribute__((always_inline)) void float_rows(const int vectors, const float* a,
                                                             size_t a_stride, size_t rows,
                                                             const float* b, size_t b_stride,
                                                             size_t inner, float* out,
                                                             size_t out_stride, bool add) {
  size_t r = 0;
  for (; r + BLOCK_FLOAT_ROWS <= rows; r += BLOCK_FLOAT_ROWS) {
    float_block(BLOCK_FLOAT_ROWS, vectors, a + r * a_stride, a_stride, b, b_stride, inner,
                out + r * out_stride, out_stride, add);
  }
  for (; r + 3 <= rows; r += 3) {
    float_block(3, vectors, a + r * a_stride, a_stride, b, b_stride, inner, out + r * out_stride,
                out_stride, add);
  }
  for (; r < rows; r++) {
    float_block(1, vectors, a + r * a_stride, a_stride, b, b_stride, inner, out + r * out_stride,
                out_stride, add);
  }
}

/** `out[rows][columns]` (+)= `a[rows][inner]` times `b[inner][columns]`; columns fill vectors. */
static void multiply_matrices(const float* a, size_t a_stride, size_t rows, const float* b,
                              size_t b_stride, size_t columns, size_t inner, float* out,
                              size_t out_stride, bool add) {
  size_t c = 0;
  for (; c + BLOCK_FLOAT_VECTORS * LANES <= columns; c += BLOCK_FLOAT_VECTORS * LANES) {
    float_rows(BLOCK_FLOAT_VECTORS, a, a_stride, rows, b + c, b_stride, inner, out + c, out_stride,
               add);
  }
  for (; c + LANES <= columns; c += LANES) {
    float_rows(1, a, a_stride, rows, b + c, b_stride, inner, out + c, out_stride, add);
  }
}
