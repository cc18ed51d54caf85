/**
 * The inner loops, one table for each instruction set. Each loop runs on one thread and touches no
 * byte outside what its arguments describe.
 */
#ifndef MLC_KERNELS_ISA_H_
#define MLC_KERNELS_ISA_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "matrix.h"

/** Rows that are multiplied together: one group of the activations that the product may become. */
enum { PANEL_ROWS = 32 };

/** How many steps of the second plane make one of the first. */
enum { PLANE_RATIO = 256 };

/**
 * Rows of activations rounded for one matrix, one per token, in groups of 32 columns. A row has one
 * plane of codes of 8 bits, or two: then a value is rounded to `first + second / PLANE_RATIO`.
 */
struct rounded {
  size_t columns;
  size_t planes;
  /** `[tokens][planes][columns]` */
  int8_t* codes;
  /**
   * `[tokens][groups]`: a value is `code * scale`, where `first * PLANE_RATIO + second` counts as
   * one code.
   */
  float* scale;
  /** Of the same shape: what is added to a group's products of codes for the matrix's `zero`. */
  int32_t* correction;
  /** Of the same shape: `scale` times the sum of the codes. */
  float* scaled_sum;
};

/** The rounded rows from a token on. */
static inline struct rounded rounded_from(const struct rounded* x, size_t token) {
  const size_t groups = x->columns / GROUP;
  struct rounded rest = *x;
  rest.codes += token * x->planes * x->columns;
  rest.scale += token * groups;
  rest.correction += token * groups;
  rest.scaled_sum += token * groups;
  return rest;
}

/** Half-precision or single-precision numbers. */
struct floats {
  const void* data;
  bool half;
};

enum {
  /** Most keys that one call of an attention loop takes. */
  KEY_TILE = 64,
  /** Most query rows that one call of an attention loop takes. */
  QUERY_TILE = 192,
  /** Largest head. */
  HEAD_SIZE = 256
};

/** Up to KEY_TILE keys of one head with their values, `size` elements each. */
struct keys {
  bool half;
  size_t size;
  size_t count;
  const void* key[KEY_TILE];
  const void* value[KEY_TILE];
};

/** Query rows as `attend_many` takes them. */
struct queries {
  size_t rows;
  size_t size;
  /** Room for `[QUERY_TILE][size]` floats. */
  void* data;
  /** `[QUERY_TILE]` */
  float* scale;
};

/** The running state of softmax over keys, base 2, for some query rows. */
struct attended {
  /** `[rows]`: the greatest score so far. */
  float* largest;
  /** `[rows]`: the sum of `2^(score - largest)`. */
  float* total;
  /** `[rows][size]`: the values weighted by `2^(score - largest)`. */
  float* values;
};

struct isa {
  const char* name;
  /** Whether this processor runs it. */
  bool (*runs_here)(void);

  /**
   * Rounds `groups` groups of values, which become those from `group` on of a token's row, to as
   * many planes as `to` has.
   */
  void (*round)(const float* x, size_t groups, enum format format, struct rounded* to, size_t token,
                size_t group);
  /**
   * `out[t * stride + i]`, the dot products of row `first + i` of a quantized matrix and rounded
   * rows. What a row gets is the same to the bit whatever the others are.
   */
  void (*dot_rows)(const struct matrix* w, size_t first, size_t count, const struct rounded* x,
                   size_t tokens, float* out, size_t stride);
  /** `out[i]`, the dot product of row `first + i` of a matrix of floats and one row. */
  void (*dot_float_rows)(const struct matrix* w, size_t first, size_t count, const float* x,
                         float* out);
  /**
   * Turns up to PANEL_ROWS rows of a matrix of floats into a panel `[columns][PANEL_ROWS]`; missing
   * rows become zero.
   */
  void (*unpack_floats)(const struct matrix* w, size_t first, size_t count, float* panel);
  /** `out[t][r]`, the products of `x[tokens][columns]` and a panel's rows. */
  void (*multiply_floats)(const float* panel, size_t columns, const float* x, size_t tokens,
                          float* out);
  /** `out[i] = row[i]` for one row of a matrix. */
  void (*decode_row)(const struct matrix* w, size_t row, float* out);

  void (*widen)(const uint16_t* from, float* to, size_t count);
  void (*narrow)(const float* from, uint16_t* to, size_t count);
  /** `out[i] = x[i] * weight[i] / sqrt(mean(x^2) + epsilon)` */
  void (*rms_norm)(const float* x, struct floats weight, float epsilon, size_t count, float* out);
  /** `out[i] = (x[i] - mean) / sqrt(variance + epsilon) * weight[i] + bias[i]`; in place too. */
  void (*layer_norm)(const float* x, struct floats weight, struct floats bias, float epsilon,
                     size_t count, float* out);
  /** `x[i] = x[i] / 2 * (1 + erf(x[i] / sqrt(2)))` */
  void (*gelu)(float* x, size_t count);
  /** `out[i] = gate[i] / (1 + exp(-gate[i])) * up[i]` */
  void (*silu_multiply)(const float* gate, const float* up, float* out, size_t count);

  /**
   * Takes keys into the state of a few query rows, which all see all of them. `q[rows][size]` is
   * scaled so that scores have base 2. `next`, unless it is NULL, are the keys that will probably
   * be taken next; they are fetched meanwhile. `scratch` has room for ATTEND_SCRATCH floats.
   */
  void (*attend_few)(const float* q, size_t rows, const struct keys* keys, const struct keys* next,
                     struct attended state, float* scratch);
  /** Puts up to QUERY_TILE such rows into the form that `attend_many` takes. */
  void (*prepare_queries)(const float* q, size_t rows, size_t size, struct queries* to);
  /** Takes keys into the state of query rows; row `r` sees the first `visible[r]` keys. */
  void (*attend_many)(const struct queries* queries, const struct keys* keys, const size_t* visible,
                      struct attended state, float* scratch);
};

enum {
  ATTEND_SCRATCH = 2 * KEY_TILE * HEAD_SIZE + KEY_TILE + HEAD_SIZE + QUERY_TILE * (2 * KEY_TILE + 2)
};

/** The instruction set in use. */
extern const struct isa* isa;

/**
 * Chooses the instruction set: `name`, or the best that this processor has if it is NULL. Returns
 * 0, or -1 if there is no such instruction set here.
 */
int isa_choose(const char* name);

/** All instruction sets of this build, the best first; NULL ends the list. */
extern const struct isa* const isa_all[];

#endif
