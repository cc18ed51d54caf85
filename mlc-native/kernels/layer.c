#include "layer.h"

#include <stdlib.h>
#include <string.h>
#include <tvm/ffi/c_api.h>

#include "numbers.h"
#include "profile.h"

static int no_memory(void) {
  TVMFFIErrorSetRaisedFromCStr("RuntimeError", "the CPU kernels have no memory for a step");
  return -1;
}

static void leave(int member, enum stage stage) {
  if (member == 0) profile_leave(stage);
}

/**
 * Planes of what is normed for queries, keys and values, or for logits. Rounding the first to 8
 * bits makes more than half of the error of all rounding, and keys stay in the cache; the second
 * decides.
 */
enum { NORMED_PLANES = 2 };

/** A matrix with more rows for each column makes logits, of the last tokens of a prefill only. */
enum { TALL_RATIO = 6 };

/** Rows that go into a matrix, and what is done to them before. */
struct preparation {
  struct floats x;
  size_t tokens;
  struct norm norm;
  const struct matrix* w;
  size_t planes;
  enum phase phase;
};

static void prepare_token(const struct preparation* work, size_t token, struct activations* to,
                          size_t place, float* row) {
  const size_t columns = work->w->columns;
  const float* x = floats_from(work->x, token * columns, columns, row);
  if (work->norm.weight.data != NULL) {
    isa->rms_norm(x, work->norm.weight, work->norm.epsilon, columns, row);
    x = row;
  }
  activations_put(to, work->w, place, 0, x, columns);
}

/**
 * The activations of all tokens, once they are ready, in `shared` or in this member's own room. A
 * single token is prepared by each member for itself, which takes less time than to wait for
 * another.
 */
static struct activations prepare(struct team* team, int member, const struct preparation* work,
                                  struct activations shared, struct workspace* mine) {
  struct activations to = work->tokens == 1 ? mine->own : shared;
  activations_begin(&to, work->w, work->tokens, work->planes, work->phase);
  if (work->tokens == 1) {
    prepare_token(work, 0, &to, 0, mine->row);
  } else {
    struct range tokens = team_share(team, member, work->tokens, 1);
    for (size_t t = tokens.first; t < tokens.last; t++) prepare_token(work, t, &to, t, mine->row);
    team_barrier(team);
  }
  leave(member, STAGE_NORM);
  return to;
}

struct projection_job {
  const struct projection* work;
  enum phase phase;
  struct activations shared;
  struct workspace* workspaces;
};

static void project_part(struct team* team, int member, void* context) {
  struct projection_job* job = context;
  const struct projection* work = job->work;
  struct workspace* mine = &job->workspaces[member];
  const size_t planes = work->norm.weight.data != NULL ? NORMED_PLANES : 1;
  const struct preparation into = {work->x, work->tokens, work->norm, &work->w, planes, job->phase};
  const struct activations x = prepare(team, member, &into, job->shared, mine);
  linear_part(team, member, &work->w, &x, work->tokens, &work->out, mine);
  if (work->after.weight.data == NULL) return;
  team_barrier(team);
  const struct range tokens = team_share(team, member, work->tokens, 1);
  for (size_t t = tokens.first; t < tokens.last; t++) {
    float* row = (float*)work->out.data + t * work->out.stride;
    isa->layer_norm(row, work->after.weight, work->after.bias, work->after.epsilon, work->w.rows,
                    row);
  }
}

/** Few tokens meet a matrix that makes logits: if it holds floats, unpacking takes longer. */
static enum phase phase_of(const struct matrix* w, enum phase phase) {
  const bool is_tall = w->rows > TALL_RATIO * w->columns;
  return phase == PHASE_PREFILL && is_tall ? PHASE_DECODE : phase;
}

int project(const struct projection* work) {
  profile_enter();
  struct scratch* scratch = scratch_of_thread();
  const size_t columns = work->w.columns;
  const size_t rows = work->tokens * NORMED_PLANES;
  size_t bytes = workspaces_bytes(columns) + activations_bytes(rows, columns);
  if (scratch_reserve(scratch, bytes) != 0) return no_memory();
  struct projection_job job = {
      .work = work,
      .phase = phase_of(&work->w, scratch->phase),
      .workspaces = workspaces_take(scratch, columns),
      .shared = activations_take(scratch, rows, columns),
  };
  int status = team_run(project_part, &job);
  profile_leave(work->norm.weight.data == NULL ? STAGE_LINEAR : STAGE_QKV);
  return status;
}

struct layer_job {
  const struct layer* work;
  enum phase phase;
  /** Input of `o`, then of `gate_up`, then of `next`. */
  struct activations shared;
  /** Input of `down`. */
  struct activations inner;
  struct workspace* workspaces;
};

static void finish_layer_part(struct team* team, int member, void* context) {
  struct layer_job* job = context;
  const struct layer* work = job->work;
  struct workspace* mine = &job->workspaces[member];
  const size_t tokens = work->tokens;
  const struct floats hidden = {work->hidden, false};
  struct output sum = {.data = work->hidden, .stride = work->o.rows, .add = work->x};

  const struct preparation attended = {
      .x = work->attended, .tokens = tokens, .w = &work->o, .planes = 1, .phase = job->phase};
  struct activations x = prepare(team, member, &attended, job->shared, mine);
  linear_part(team, member, &work->o, &x, tokens, &sum, mine);
  team_barrier(team);
  leave(member, STAGE_OUTPUT);

  const struct preparation normed = {hidden, tokens, work->norm, &work->gate_up, 1, job->phase};
  x = prepare(team, member, &normed, job->shared, mine);
  struct activations inner = job->inner;
  activations_begin(&inner, &work->down, tokens, 1, job->phase);
  gated_part(team, member, &work->gate_up, &x, tokens, &work->down, &inner, mine);
  team_barrier(team);
  leave(member, STAGE_GATE_UP);

  sum.add = hidden;
  linear_part(team, member, &work->down, &inner, tokens, &sum, mine);
  if (!work->has_next) return;
  team_barrier(team);
  leave(member, STAGE_DOWN);

  const struct preparation next = {hidden,      tokens,        work->next_norm,
                                   &work->next, NORMED_PLANES, job->phase};
  x = prepare(team, member, &next, job->shared, mine);
  linear_part(team, member, &work->next, &x, tokens, &work->next_out, mine);
}

int finish_layer(const struct layer* work) {
  profile_enter();
  struct scratch* scratch = scratch_of_thread();
  const size_t outer = most(work->o.columns, work->gate_up.columns);
  const size_t widest = most(outer, work->down.columns);
  size_t bytes = workspaces_bytes(widest) + activations_bytes(work->tokens * NORMED_PLANES, outer) +
                 activations_bytes(work->tokens, work->down.columns);
  if (scratch_reserve(scratch, bytes) != 0) return no_memory();
  struct layer_job job = {
      .work = work,
      .phase = scratch->phase,
      .workspaces = workspaces_take(scratch, widest),
      .shared = activations_take(scratch, work->tokens * NORMED_PLANES, outer),
      .inner = activations_take(scratch, work->tokens, work->down.columns),
  };
  int status = team_run(finish_layer_part, &job);
  profile_leave(work->has_next ? STAGE_QKV : STAGE_DOWN);
  return status;
}

int normalize(const struct normalization* work) {
  profile_enter();
  struct scratch* scratch = scratch_of_thread();
  if (scratch_reserve(scratch, work->columns * 4 + 64) != 0) return no_memory();
  float* row = scratch_take(scratch, work->columns * 4);
  for (size_t t = 0; t < work->tokens; t++) {
    const float* x = floats_from(work->x, t * work->columns, work->columns, row);
    isa->rms_norm(x, work->norm.weight, work->norm.epsilon, work->columns, row);
    store_floats(row, work->out, work->half, t * work->columns, work->columns);
  }
  profile_leave(STAGE_NORM);
  return 0;
}

int look_up(const struct matrix* w, const int32_t* ids, size_t tokens, void* out, bool half) {
  profile_enter();
  struct scratch* scratch = scratch_of_thread();
  if (scratch_reserve(scratch, w->columns * 4 + 64) != 0) return no_memory();
  float* row = scratch_take(scratch, w->columns * 4);
  for (size_t t = 0; t < tokens; t++) {
    if (ids[t] < 0 || (size_t)ids[t] >= w->rows) {
      TVMFFIErrorSetRaisedFromCStr("ValueError", "a token id is outside the vocabulary");
      return -1;
    }
    isa->decode_row(w, (size_t)ids[t], row);
    store_floats(row, out, half, t * w->columns, w->columns);
  }
  profile_leave(STAGE_EMBED);
  return 0;
}
