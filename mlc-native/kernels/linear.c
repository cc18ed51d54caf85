#include "linear.h"

#include <string.h>

#include "numbers.h"

/** Tokens whose products with PANEL_ROWS rows stay in the nearest cache. */
enum { TILE_TOKENS = 48 };

size_t activations_bytes(size_t tokens, size_t columns) {
  size_t groups = divide_up(columns, GROUP);
  return scratch_padded(tokens * columns) + 3 * scratch_padded(tokens * groups * 4) +
         scratch_padded(tokens * columns * 4);
}

struct activations activations_take(struct scratch* scratch, size_t tokens, size_t columns) {
  size_t groups = divide_up(columns, GROUP);
  return (struct activations){
      .rounded = {.columns = columns,
                  .codes = scratch_take(scratch, tokens * columns),
                  .scale = scratch_take(scratch, tokens * groups * 4),
                  .correction = scratch_take(scratch, tokens * groups * 4),
                  .scaled_sum = scratch_take(scratch, tokens * groups * 4)},
      .values = scratch_take(scratch, tokens * columns * 4),
  };
}

size_t workspaces_bytes(size_t columns) {
  size_t tiles = 2 * scratch_padded(TILE_TOKENS * PANEL_ROWS * 4) + scratch_padded(columns * 4);
  return (size_t)team_threads() *
         (2 * scratch_padded(PANEL_ROWS * columns * 4) + tiles + activations_bytes(2, columns) +
          scratch_padded(sizeof(struct workspace)));
}

struct workspace* workspaces_take(struct scratch* scratch, size_t columns) {
  const int threads = team_threads();
  struct workspace* workspaces = scratch_take(scratch, (size_t)threads * sizeof *workspaces);
  for (int i = 0; i < threads; i++) {
    workspaces[i] = (struct workspace){
        .panel = scratch_take(scratch, PANEL_ROWS * columns * 4),
        .second_panel = scratch_take(scratch, PANEL_ROWS * columns * 4),
        .tile = scratch_take(scratch, TILE_TOKENS * PANEL_ROWS * 4),
        .second_tile = scratch_take(scratch, TILE_TOKENS * PANEL_ROWS * 4),
        .row = scratch_take(scratch, columns * 4),
        .own = activations_take(scratch, 2, columns),
    };
  }
  return workspaces;
}

/**
 * Whether floats are multiplied as they are stored, and not in panels, which makes other sums. In a
 * phase that does not depend on how many tokens there are.
 */
static bool takes_rows(size_t tokens, enum phase phase) {
  return phase == PHASE_BY_SHAPE ? tokens == 1 : phase == PHASE_DECODE;
}

void activations_begin(struct activations* x, const struct matrix* w, size_t tokens, size_t planes,
                       enum phase phase) {
  x->rounded.columns = w->columns;
  x->rounded.planes = planes;
  x->by_rows = takes_rows(tokens, phase);
}

void activations_put(struct activations* to, const struct matrix* w, size_t token, size_t column,
                     const float* x, size_t columns) {
  if (!is_quantized(w)) {
    memcpy(to->values + token * w->columns + column, x, columns * sizeof *x);
  } else {
    isa->round(x, columns / GROUP, w->format, &to->rounded, token, column / GROUP);
  }
}

/** Writes `tile[tokens][PANEL_ROWS]` to its place; changes the tile where something is added. */
static void put_tile(const struct output* out, size_t token, size_t tokens, size_t row, size_t rows,
                     float* tile) {
  float added[PANEL_ROWS], widened[PANEL_ROWS];
  const float* bias = out->bias.data == NULL ? NULL : floats_from(out->bias, row, rows, widened);
  for (size_t t = 0; t < tokens; t++) {
    float* products = tile + t * PANEL_ROWS;
    size_t place = (token + t) * out->stride + row;
    if (bias != NULL) {
      for (size_t r = 0; r < rows; r++) products[r] += bias[r];
    }
    if (out->add.data != NULL) {
      const float* more = floats_from(out->add, place, rows, added);
      for (size_t r = 0; r < rows; r++) products[r] += more[r];
    }
    if (out->gelu) isa->gelu(products, rows);
    store_floats(products, out->data, out->half, place, rows);
  }
}

/** Unpacks up to PANEL_ROWS rows of floats if they are multiplied in a panel. */
static void prepare_rows(const struct matrix* w, size_t row, size_t rows,
                         const struct activations* x, float* panel) {
  if (!is_quantized(w) && !x->by_rows) isa->unpack_floats(w, row, rows, panel);
}

/** `out[tokens][PANEL_ROWS]`, the products of prepared rows and some tokens. */
static void multiply_rows(const struct matrix* w, size_t row, size_t rows,
                          const struct activations* x, const float* panel, size_t token,
                          size_t tokens, float* out) {
  const float* values = x->values + token * w->columns;
  if (is_quantized(w)) {
    const struct rounded some = rounded_from(&x->rounded, token);
    isa->dot_rows(w, row, rows, &some, tokens, out, PANEL_ROWS);
  } else if (!x->by_rows) {
    isa->multiply_floats(panel, w->columns, values, tokens, out);
  } else {
    for (size_t t = 0; t < tokens; t++) {
      isa->dot_float_rows(w, row, rows, values + t * w->columns, out + t * PANEL_ROWS);
    }
  }
}

void linear_part(struct team* team, int member, const struct matrix* w, const struct activations* x,
                 size_t tokens, const struct output* out, struct workspace* workspace) {
  const size_t tiles = divide_up(w->rows, PANEL_ROWS);
  size_t tile;
  while ((tile = team_claim(team, member, tiles)) < tiles) {
    const size_t row = tile * PANEL_ROWS, rows = least(PANEL_ROWS, w->rows - row);
    prepare_rows(w, row, rows, x, workspace->panel);
    for (size_t token = 0; token < tokens; token += TILE_TOKENS) {
      const size_t count = least(TILE_TOKENS, tokens - token);
      multiply_rows(w, row, rows, x, workspace->panel, token, count, workspace->tile);
      put_tile(out, token, count, row, rows, workspace->tile);
    }
  }
}

/** Stores `silu(gate) * up` of some tokens' PANEL_ROWS inner values from `row` on. */
static void put_gated(float* gate, const float* up, size_t token, size_t tokens, size_t row,
                      const struct matrix* next, struct activations* to) {
  isa->silu_multiply(gate, up, gate, tokens * PANEL_ROWS);
  for (size_t t = 0; t < tokens; t++) {
    activations_put(to, next, token + t, row, gate + t * PANEL_ROWS, PANEL_ROWS);
  }
}

void gated_part(struct team* team, int member, const struct matrix* gate_up,
                const struct activations* x, size_t tokens, const struct matrix* next,
                struct activations* out, struct workspace* workspace) {
  const size_t inner = gate_up->rows / 2, tiles = inner / PANEL_ROWS;
  float *gate = workspace->tile, *up = workspace->second_tile;
  size_t tile;
  while ((tile = team_claim(team, member, tiles)) < tiles) {
    const size_t row = tile * PANEL_ROWS;
    prepare_rows(gate_up, row, PANEL_ROWS, x, workspace->panel);
    prepare_rows(gate_up, inner + row, PANEL_ROWS, x, workspace->second_panel);
    for (size_t token = 0; token < tokens; token += TILE_TOKENS) {
      const size_t count = least(TILE_TOKENS, tokens - token);
      multiply_rows(gate_up, row, PANEL_ROWS, x, workspace->panel, token, count, gate);
      multiply_rows(gate_up, inner + row, PANEL_ROWS, x, workspace->second_panel, token, count, up);
      put_gated(gate, up, token, count, row, next, out);
    }
  }
}
