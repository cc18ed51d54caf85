#include "linear.h"

#include <string.h>

#include "numbers.h"

enum {
  /** Most tokens for which rows are read as they are stored, and not unpacked into panels. */
  ROW_TOKENS = 12,
  /** Tokens whose products with a panel stay in the nearest cache. */
  TILE_TOKENS = 48,
  /** Rows of a matrix that a member claims at a time, to multiply them as they are stored. */
  TILE_ROWS = PANEL_ROWS
};

size_t activations_bytes(size_t tokens, size_t columns) {
  size_t groups = divide_up(columns, GROUP);
  return tokens * rounded_stride(columns) + 3 * scratch_padded(tokens * groups * 4) +
         scratch_padded(tokens * columns * 4);
}

struct activations activations_take(struct scratch* scratch, size_t tokens, size_t columns) {
  size_t groups = divide_up(columns, GROUP);
  return (struct activations){
      .rounded = {.columns = columns,
                  .codes = scratch_take(scratch, tokens * rounded_stride(columns)),
                  .scale = scratch_take(scratch, tokens * groups * 4),
                  .correction = scratch_take(scratch, tokens * groups * 4),
                  .scaled_sum = scratch_take(scratch, tokens * groups * 4)},
      .values = scratch_take(scratch, tokens * columns * 4),
  };
}

static size_t panel_bytes(size_t columns) {
  size_t groups = divide_up(columns, GROUP);
  return scratch_padded(PANEL_ROWS * columns * 4) + 2 * scratch_padded(groups * PANEL_ROWS * 4);
}

size_t workspaces_bytes(size_t columns) {
  size_t tiles = 2 * scratch_padded(TILE_TOKENS * PANEL_ROWS * 4) + scratch_padded(columns * 4);
  return (size_t)team_threads() *
         (2 * panel_bytes(columns) + tiles + activations_bytes(2, columns) +
          scratch_padded(sizeof(struct workspace)));
}

static struct panel panel_take(struct scratch* scratch, size_t columns) {
  size_t groups = divide_up(columns, GROUP);
  return (struct panel){.codes = scratch_take(scratch, PANEL_ROWS * columns * 4),
                        .scale = scratch_take(scratch, groups * PANEL_ROWS * 4),
                        .min = scratch_take(scratch, groups * PANEL_ROWS * 4)};
}

struct workspace* workspaces_take(struct scratch* scratch, size_t columns) {
  const int threads = team_threads();
  struct workspace* workspaces = scratch_take(scratch, (size_t)threads * sizeof *workspaces);
  for (int i = 0; i < threads; i++) {
    workspaces[i] = (struct workspace){
        .panel = panel_take(scratch, columns),
        .second_panel = panel_take(scratch, columns),
        .tile = scratch_take(scratch, TILE_TOKENS * PANEL_ROWS * 4),
        .second_tile = scratch_take(scratch, TILE_TOKENS * PANEL_ROWS * 4),
        .row = scratch_take(scratch, columns * 4),
        .own = activations_take(scratch, 2, columns),
    };
  }
  return workspaces;
}

/**
 * Whether rows are multiplied as they are stored, and not in panels, which makes other sums. In a
 * phase that does not depend on how many tokens there are.
 */
static bool takes_rows(const struct matrix* w, size_t tokens, enum phase phase) {
  if (phase != PHASE_BY_SHAPE) return phase == PHASE_DECODE;
  return tokens <= (is_quantized(w) ? ROW_TOKENS : 1);
}

void activations_begin(struct activations* x, const struct matrix* w, size_t tokens, size_t planes,
                       enum phase phase) {
  x->rounded.columns = w->columns;
  x->rounded.planes = is_quantized(w) ? planes : 1;
  x->rounded.by_rows = takes_rows(w, tokens * x->rounded.planes, phase);
}

void activations_put(struct activations* to, const struct matrix* w, size_t token, size_t column,
                     const float* x, size_t columns) {
  if (!is_quantized(w)) {
    memcpy(to->values + token * w->columns + column, x, columns * sizeof *x);
  } else {
    isa->round(x, columns / GROUP, w->format, &to->rounded, token, column / GROUP);
  }
}

/** Writes `tile[tokens][stride]` to its place; changes the tile where something is added. */
static void put_tile(const struct output* out, size_t token, size_t tokens, size_t row, size_t rows,
                     float* tile, size_t stride) {
  float added[TILE_ROWS], widened[TILE_ROWS];
  const float* bias = out->bias.data == NULL ? NULL : floats_from(out->bias, row, rows, widened);
  for (size_t t = 0; t < tokens; t++) {
    float* products = tile + t * stride;
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

/** Adds the products `out[tokens][planes][PANEL_ROWS]` of a token's planes. */
static void join_planes(const struct rounded* x, size_t tokens, float* out) {
  if (x->planes == 1) return;
  for (size_t t = 0; t < tokens; t++) {
    const float *first = out + 2 * t * PANEL_ROWS, *second = first + PANEL_ROWS;
    for (size_t r = 0; r < PANEL_ROWS; r++) out[t * PANEL_ROWS + r] = first[r] + second[r];
  }
}

/** The rounded rows from a token on, of those for `dot_rows`. */
static struct rounded rounded_from(const struct rounded* x, size_t token) {
  const size_t groups = x->columns / GROUP;
  struct rounded rest = *x;
  rest.codes += token * x->planes * rounded_stride(x->columns);
  rest.scale += token * groups;
  rest.correction += token * groups;
  rest.scaled_sum += token * groups;
  return rest;
}

static void dot_some(const struct matrix* w, size_t first, size_t rows, const struct activations* x,
                     size_t token, size_t tokens, float* out) {
  if (is_quantized(w)) {
    const struct rounded some = rounded_from(&x->rounded, token);
    isa->dot_rows(w, first, rows, &some, tokens, out, TILE_ROWS);
    return;
  }
  for (size_t t = 0; t < tokens; t++) {
    isa->dot_float_rows(w, first, rows, x->values + (token + t) * w->columns, out + t * TILE_ROWS);
  }
}

static void multiply_some(const struct matrix* w, const struct panel* panel,
                          const struct activations* x, size_t token, size_t tokens, float* out) {
  if (is_quantized(w)) {
    const size_t planes = x->rounded.planes;
    isa->multiply(panel, &x->rounded, token * planes, tokens * planes, out);
    join_planes(&x->rounded, tokens, out);
  } else {
    isa->multiply_floats(panel, x->values + token * w->columns, tokens, out);
  }
}

void linear_part(struct team* team, int member, const struct matrix* w, const struct activations* x,
                 size_t tokens, const struct output* out, struct workspace* workspace) {
  if (x->rounded.by_rows) {
    const size_t tiles = divide_up(w->rows, TILE_ROWS);
    size_t tile;
    while ((tile = team_claim(team, member, tiles)) < tiles) {
      const size_t row = tile * TILE_ROWS, rows = least(TILE_ROWS, w->rows - row);
      for (size_t token = 0; token < tokens; token += TILE_TOKENS) {
        const size_t count = least(TILE_TOKENS, tokens - token);
        dot_some(w, row, rows, x, token, count, workspace->tile);
        put_tile(out, token, count, row, rows, workspace->tile, TILE_ROWS);
      }
    }
    return;
  }
  const size_t panels = divide_up(w->rows, PANEL_ROWS);
  size_t panel;
  while ((panel = team_claim(team, member, panels)) < panels) {
    const size_t row = panel * PANEL_ROWS, rows = least(PANEL_ROWS, w->rows - row);
    isa->unpack(w, row, rows, &workspace->panel);
    const size_t step = TILE_TOKENS / x->rounded.planes;
    for (size_t token = 0; token < tokens; token += step) {
      size_t count = least(step, tokens - token);
      multiply_some(w, &workspace->panel, x, token, count, workspace->tile);
      put_tile(out, token, count, row, rows, workspace->tile, PANEL_ROWS);
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
  const size_t inner = gate_up->rows / 2;
  const size_t panels = inner / PANEL_ROWS;
  float *gate = workspace->tile, *up = workspace->second_tile;
  size_t panel;
  if (x->rounded.by_rows) {
    while ((panel = team_claim(team, member, panels)) < panels) {
      const size_t row = panel * PANEL_ROWS;
      for (size_t token = 0; token < tokens; token += TILE_TOKENS) {
        const size_t count = least(TILE_TOKENS, tokens - token);
        dot_some(gate_up, row, PANEL_ROWS, x, token, count, gate);
        dot_some(gate_up, inner + row, PANEL_ROWS, x, token, count, up);
        put_gated(gate, up, token, count, row, next, out);
      }
    }
    return;
  }
  while ((panel = team_claim(team, member, panels)) < panels) {
    const size_t row = panel * PANEL_ROWS;
    isa->unpack(gate_up, row, PANEL_ROWS, &workspace->panel);
    isa->unpack(gate_up, inner + row, PANEL_ROWS, &workspace->second_panel);
    const size_t step = TILE_TOKENS / x->rounded.planes;
    for (size_t token = 0; token < tokens; token += step) {
      size_t count = least(step, tokens - token);
      multiply_some(gate_up, &workspace->panel, x, token, count, gate);
      multiply_some(gate_up, &workspace->second_panel, x, token, count, up);
      put_gated(gate, up, token, count, row, next, out);
    }
  }
}
