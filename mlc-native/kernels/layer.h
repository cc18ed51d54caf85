/** The parts of a decoder layer around its attention, one job each. */
#ifndef MLC_KERNELS_LAYER_H_
#define MLC_KERNELS_LAYER_H_

#include "linear.h"

struct norm {
  /** `[columns]`; `data` is NULL for no norm. */
  struct floats weight;
  float epsilon;
};

/** A norm that takes the mean off and adds a bias. */
struct layer_norm {
  /** `[columns]`; `data` is NULL for no norm. */
  struct floats weight;
  struct floats bias;
  float epsilon;
};

/** `out = w * norm(x)` for each token, normed once more by `after`, which needs float32. */
struct projection {
  struct floats x;
  size_t tokens;
  struct norm norm;
  struct matrix w;
  struct output out;
  struct layer_norm after;
};

/** `out = norm(x)` for each token. */
struct normalization {
  struct floats x;
  size_t tokens;
  size_t columns;
  struct norm norm;
  void* out;
  bool half;
};

/**
 * What follows a layer's attention, up to the next layer's attention:
 * `hidden = x + o * attended`, `hidden += down * (silu(gate) * up)` of the normed `hidden`, and
 * `next_out = next * norm(hidden)`, which the last layer lacks.
 */
struct layer {
  struct floats x;
  struct floats attended;
  size_t tokens;
  struct matrix o;
  struct norm norm;
  struct matrix gate_up;
  struct matrix down;
  float* hidden;
  bool has_next;
  struct norm next_norm;
  struct matrix next;
  struct output next_out;
};

/** Each returns 0, or -1 with TVM's error set. */
int project(const struct projection* projection);
int normalize(const struct normalization* normalization);
int finish_layer(const struct layer* layer);

/** `out[token] = w[ids[token]]`. */
int look_up(const struct matrix* w, const int32_t* ids, size_t tokens, void* out, bool half);

#endif
