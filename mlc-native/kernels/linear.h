/** Products with stored matrices, as the members of a team share them. */
#ifndef MLC_KERNELS_LINEAR_H_
#define MLC_KERNELS_LINEAR_H_

#include "isa.h"
#include "scratch.h"
#include "team.h"

/** Rows that meet a matrix, one per token: rounded if the matrix is quantized, else floats. */
struct activations {
  struct rounded rounded;
  float* values;
  /** Whether they meet floats as these are stored, and not in panels. */
  bool by_rows;
};

/**
 * Where products go: `data[token * stride + row]`, with `bias[row]` and what `add` holds at their
 * place added to them, if there are such, and then through GELU if that is asked for.
 */
struct output {
  void* data;
  bool half;
  size_t stride;
  struct floats add;
  struct floats bias;
  bool gelu;
};

/** What one member works in. */
struct workspace {
  /** Rows of floats as `multiply_floats` takes them. */
  float* panel;
  float* second_panel;
  float* tile;
  float* second_tile;
  float* row;
  /** Activations of one token, for work that each member does for itself. */
  struct activations own;
};

/** Bytes of scratch for activations of `tokens` rows of `columns`. */
size_t activations_bytes(size_t tokens, size_t columns);
struct activations activations_take(struct scratch* scratch, size_t tokens, size_t columns);

/** Bytes of scratch for workspaces of all threads, for matrices of up to `columns`. */
size_t workspaces_bytes(size_t columns);
/** `[team_threads()]` */
struct workspace* workspaces_take(struct scratch* scratch, size_t columns);

/** Prepares for rows of `tokens` tokens, of one plane or two, that will meet the matrix. */
void activations_begin(struct activations* x, const struct matrix* w, size_t tokens, size_t planes,
                       enum phase phase);

/** Stores some columns of a token's row, whole groups, in the form that the matrix takes. */
void activations_put(struct activations* to, const struct matrix* w, size_t token, size_t column,
                     const float* x, size_t columns);

/** This member's part of `out = x * w^T`. No barrier before or after. */
void linear_part(struct team* team, int member, const struct matrix* w, const struct activations* x,
                 size_t tokens, const struct output* out, struct workspace* workspace);

/**
 * This member's part of `out = silu(gate) * up`, where the first half of the matrix's rows are the
 * gate's, as activations for `next`. The half must be a multiple of 32.
 */
void gated_part(struct team* team, int member, const struct matrix* gate_up,
                const struct activations* x, size_t tokens, const struct matrix* next,
                struct activations* out, struct workspace* workspace);

#endif
