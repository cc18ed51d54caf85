#include "attention.h"

#include <math.h>
#include <string.h>
#include <tvm/ffi/c_api.h>

#include "carried.h"
#include "numbers.h"
#include "profile.h"
#include "scratch.h"
#include "team.h"

enum {
  /** Keys of a split of a single query's context: short ones, and those of more keys than these. */
  SHORT_SPLIT = KEY_TILE,
  LONG_SPLIT = 4 * KEY_TILE,
  LONG_CONTEXT = 16 * KEY_TILE,
  /** Tiles of queries for each thread, so that none waits long for another. */
  TILES_PER_THREAD = 4,
  /** Tokens of a tile of queries, for which keys are worth to be prepared. */
  LEAST_TILE = 8,
  /** Products of queries and keys, in numbers multiplied, that are worth waking a team for. */
  TEAM_WORK = 1 << 15
};

static const float NO_KEYS = -5e4f;
static const float LOG2_E = 1.44269504088896341f;

/** The queries of the heads that share a key head, scaled to base 2. */
static void read_queries(const struct attention* work, size_t token, size_t head, float* to) {
  const size_t group = work->heads / work->kv_heads, count = group * work->size;
  const size_t place = token * work->q_stride + head * group * work->size;
  const float* q = floats_from((struct floats){work->q, work->half}, place, count, to);
  const float factor = work->scale * LOG2_E;
  for (size_t i = 0; i < count; i++) to[i] = q[i] * factor;
}

/** Writes the results of the heads that share a key head; changes `state`. */
static void write_results(const struct attention* work, size_t token, size_t head,
                          struct attended state) {
  const size_t group = work->heads / work->kv_heads, count = group * work->size;
  const size_t row = token * work->heads + head * group;
  for (size_t r = 0; r < group; r++) {
    const bool any = state.total[r] > 0;
    const float factor = any ? 1 / state.total[r] : 0;
    for (size_t d = 0; d < work->size; d++) state.values[r * work->size + d] *= factor;
    if (work->log_sum != NULL) {
      work->log_sum[row + r] = any ? state.largest[r] + log2f(state.total[r]) : NO_KEYS;
    }
  }
  store_floats(state.values, work->out, work->half, row * work->size, count);
}

/** Says that a call has no result for a token's heads, so that a merge changes nothing. */
static void write_nothing(const struct attention* work, size_t token, size_t head) {
  const size_t group = work->heads / work->kv_heads;
  for (size_t r = 0; r < group; r++)
    work->log_sum[token * work->heads + head * group + r] = NO_KEYS;
}

static void clear_state(struct attended state, size_t rows, size_t size) {
  for (size_t r = 0; r < rows; r++) {
    state.largest[r] = -INFINITY;
    state.total[r] = 0;
  }
  memset(state.values, 0, rows * size * sizeof *state.values);
}

static struct attended state_at(float* place, size_t rows, size_t size) {
  return (struct attended){place + rows * size, place + rows * size + rows, place};
}

/** A single query for each sequence: the context is split between the members, then joined. */
struct decode_job {
  const struct attention* work;
  size_t splits;
  /** `[sequences * kv_heads * splits]` states; shorter sequences leave some empty. */
  float* states;
  /** `[members]`: queries of a group, then ATTEND_SCRATCH. */
  float* private;
  size_t private_size;
};

/**
 * Where a split of a sequence of so many keys begins. It depends on nothing else, so that a
 * sequence gets the same result to the bit whatever runs beside it and on however many threads; and
 * in a phase on the place alone, so that keys may come in several calls.
 */
static size_t split_start(const struct attention* work, size_t keys, size_t split) {
  const size_t shorts = LONG_CONTEXT / SHORT_SPLIT;
  if (work->carried == NULL) return split * (keys > LONG_CONTEXT ? LONG_SPLIT : SHORT_SPLIT);
  if (split <= shorts) return split * SHORT_SPLIT;
  return LONG_CONTEXT + (split - shorts) * LONG_SPLIT;
}

/** The splits that begin before a place. */
static size_t splits_before(const struct attention* work, size_t keys, size_t place) {
  const size_t shorts = LONG_CONTEXT / SHORT_SPLIT;
  if (work->carried == NULL) {
    return divide_up(place, keys > LONG_CONTEXT ? LONG_SPLIT : SHORT_SPLIT);
  }
  if (place <= LONG_CONTEXT) return divide_up(place, SHORT_SPLIT);
  return shorts + divide_up(place - LONG_CONTEXT, LONG_SPLIT);
}

/** Whether a call adds nothing to what earlier ones of the layer have made of a sequence. */
static bool adds_nothing(const struct attention* work, const struct context* context) {
  return work->carried != NULL && work->carried->parts > 1 && context->taken == context->paged;
}

/** The splits of a context that a call takes: all, or those that are not carried. */
static struct range splits_of(const struct attention* work, const struct context* context) {
  if (adds_nothing(work, context)) return (struct range){0, 0};
  const size_t keys = context->keys, last = splits_before(work, keys, keys);
  size_t first = splits_before(work, keys, context->taken);
  // One that is not whole is taken once more.
  if (first > 0 && split_start(work, keys, first) > context->taken) first--;
  return (struct range){first, last};
}

/** A split of one key head's keys of one sequence. */
struct split {
  struct context context;
  size_t sequence;
  size_t head;
  struct range keys;
};

static void find_split(const struct decode_job* job, size_t part, struct split* to) {
  const struct attention* work = job->work;
  const size_t item = part / job->splits;
  to->sequence = item / work->kv_heads;
  to->head = item % work->kv_heads;
  to->context = context_of(work, to->sequence);
  const struct range splits = splits_of(work, &to->context);
  const size_t split = splits.first + part % job->splits, keys = to->context.keys;
  to->keys = (struct range){0, 0};
  if (split >= splits.last) return;
  to->keys.first = split_start(work, keys, split);
  to->keys.last = least(split_start(work, keys, split + 1), keys);
}

static void find_tile_of(const struct attention* work, const struct split* split, size_t first,
                         struct keys* keys) {
  const size_t count = least(KEY_TILE, split->keys.last - first);
  find_keys(work, &split->context, split->head, first, count, keys);
}

static void decode_split(const struct decode_job* job, size_t part, size_t parts, float* private) {
  const struct attention* work = job->work;
  const size_t group = work->heads / work->kv_heads;
  struct split split;
  find_split(job, part, &split);
  float *q = private, *scratch = private + group * work->size;
  struct attended state =
      state_at(job->states + part * state_size(group, work->size), group, work->size);
  clear_state(state, group, work->size);
  if (split.keys.first == split.keys.last) return;
  read_queries(work, split.sequence, split.head, q);
  struct keys tiles[2];
  find_tile_of(work, &split, split.keys.first, &tiles[0]);
  int now = 0;
  for (size_t key = split.keys.first; key < split.keys.last; key += KEY_TILE, now = !now) {
    struct keys* next = &tiles[!now];
    next->count = 0;
    if (key + KEY_TILE < split.keys.last) {
      find_tile_of(work, &split, key + KEY_TILE, next);
    } else if (part + 1 < parts) {
      struct split after;
      find_split(job, part + 1, &after);
      find_tile_of(work, &after, after.keys.first, next);
    }
    isa->attend_few(q, group, &tiles[now], next, state, scratch);
  }
}

/** Joins the state over later keys into that over earlier ones. */
static void join(struct attended all, struct attended more, size_t rows, size_t size) {
  for (size_t r = 0; r < rows; r++) {
    if (more.total[r] == 0) continue;
    float largest = fmaxf(all.largest[r], more.largest[r]);
    float keep = exp2f(all.largest[r] - largest), take = exp2f(more.largest[r] - largest);
    all.total[r] = all.total[r] * keep + more.total[r] * take;
    all.largest[r] = largest;
    float *to = all.values + r * size, *from = more.values + r * size;
    for (size_t d = 0; d < size; d++) to[d] = to[d] * keep + from[d] * take;
  }
}

/** Joins the splits of an item into the first. */
static struct attended join_splits(const struct decode_job* job, size_t item) {
  const struct attention* work = job->work;
  const size_t group = work->heads / work->kv_heads, size = state_size(group, work->size);
  float* states = job->states + item * job->splits * size;
  struct attended all = state_at(states, group, work->size);
  for (size_t i = 1; i < job->splits; i++) {
    join(all, state_at(states + i * size, group, work->size), group, work->size);
  }
  return all;
}

/** Joins an item's splits to the carried state, and those that later calls may change into `room`.
 */
static struct attended join_carried(const struct decode_job* job, const struct context* context,
                                    size_t item, float* room) {
  const struct attention* work = job->work;
  const size_t group = work->heads / work->kv_heads, size = state_size(group, work->size);
  const struct range splits = splits_of(work, context);
  struct attended all = state_at(room, group, work->size);
  clear_state(all, group, work->size);
  if (work->carried->parts > 0) {
    float* place = carried_state(work, item / work->kv_heads, item % work->kv_heads, size);
    if (work->carried->parts == 1) memcpy(place, room, size * sizeof *place);
    all = state_at(place, group, work->size);
  }
  for (size_t split = splits.first; split < splits.last; split++) {
    const bool whole = split_start(work, context->keys, split + 1) <= context->paged;
    if (!whole && all.values != room) {
      memcpy(room, all.values, size * sizeof *room);
      all = state_at(room, group, work->size);
    }
    float* states = job->states + (item * job->splits + split - splits.first) * size;
    join(all, state_at(states, group, work->size), group, work->size);
  }
  if (all.values != room) memcpy(room, all.values, size * sizeof *room);
  return state_at(room, group, work->size);
}

/** Writes the result of an item, or that a call leaves what earlier ones wrote. */
static void finish_item(const struct decode_job* job, size_t item, float* room) {
  const struct attention* work = job->work;
  const size_t token = item / work->kv_heads, head = item % work->kv_heads;
  if (work->carried == NULL) {
    write_results(work, token, head, join_splits(job, item));
    return;
  }
  const struct context context = context_of(work, token);
  if (adds_nothing(work, &context)) {
    write_nothing(work, token, head);
  } else {
    write_results(work, token, head, join_carried(job, &context, item, room));
  }
}

static void decode_part(struct team* team, int member, void* context) {
  const struct decode_job* job = context;
  const struct attention* work = job->work;
  const size_t items = work->sequences * work->kv_heads, parts = items * job->splits;
  float* private = job->private + (size_t)member * job->private_size;
  size_t part;
  while ((part = team_claim(team, member, parts)) < parts) decode_split(job, part, parts, private);
  team_barrier(team);
  size_t item;
  while ((item = team_claim(team, member, items)) < items) finish_item(job, item, private);
}

static int no_memory(void) {
  TVMFFIErrorSetRaisedFromCStr("RuntimeError", "the CPU kernels have no memory for attention");
  return -1;
}

static int decode(const struct attention* work) {
  const size_t group = work->heads / work->kv_heads;
  const size_t items = work->sequences * work->kv_heads;
  const size_t threads = (size_t)team_threads();
  size_t splits = 1, total = 0;
  for (size_t s = 0; s < work->sequences; s++) {
    const struct context context = context_of(work, s);
    const struct range needed = splits_of(work, &context);
    splits = most(splits, needed.last - needed.first);
    total += context.keys - context.taken;
  }
  const bool alone = threads == 1 || total * work->heads * work->size < TEAM_WORK;
  struct decode_job job = {.work = work, .splits = splits};
  job.private_size = scratch_padded((group * work->size + ATTEND_SCRATCH) * 4) / 4;
  const size_t states = items * job.splits * state_size(group, work->size) * 4;
  const size_t private = (alone ? 1 : threads) * job.private_size * 4;
  const size_t bytes = scratch_padded(states) + scratch_padded(private);
  struct scratch* scratch = scratch_of_thread();
  if (scratch_reserve(scratch, bytes) != 0) return no_memory();
  job.states = scratch_take(scratch, states);
  job.private = scratch_take(scratch, private);
  if (!alone) return team_run(decode_part, &job);
  team_run_alone(decode_part, &job);
  return 0;
}

/** Many queries: tiles of queries of one key head, claimed by the members. */
struct prefill_job {
  const struct attention* work;
  /** Tokens of a tile. */
  size_t tile;
  /** Tiles of all sequences. */
  size_t tiles;
  float* private;
  size_t private_size;
};

/** A tile's token range and sequence. */
struct query_tile {
  size_t sequence;
  struct range tokens;
};

static size_t count_tiles(const struct attention* work, size_t sequence, size_t tile) {
  const struct range queries = queries_of(work, sequence);
  return divide_up(queries.last - queries.first, tile);
}

static struct query_tile find_tile(const struct prefill_job* job, size_t index) {
  size_t sequence = 0, tiles;
  while (index >= (tiles = count_tiles(job->work, sequence, job->tile))) {
    index -= tiles;
    sequence++;
  }
  // The last queries of a sequence see the most keys, so they come first.
  const struct range queries = queries_of(job->work, sequence);
  const size_t first = queries.first + (tiles - 1 - index) * job->tile;
  return (struct query_tile){sequence, {first, least(first + job->tile, queries.last)}};
}

/** Takes the keys from `first` on in tiles, up to `last`; `limits` says what each row sees. */
static void attend_tiles(const struct attention* work, const struct context* context, size_t head,
                         struct range place, const struct queries* queries, const size_t* limits,
                         struct attended state, float* scratch) {
  for (size_t key = place.first; key < place.last; key += KEY_TILE) {
    struct keys found;
    size_t visible[QUERY_TILE];
    const size_t count = least(KEY_TILE, place.last - key);
    find_keys(work, context, head, key, count, &found);
    for (size_t r = 0; r < queries->rows; r++) {
      visible[r] = limits[r] > key ? least(limits[r] - key, count) : 0;
    }
    isa->attend_many(queries, &found, visible, state, scratch);
  }
}

/** A tile's queries of one key head and their states. */
struct tile_work {
  const struct attention* work;
  struct context context;
  size_t head;
  struct range tokens;
  size_t group;
  struct queries prepared;
  struct attended state;
  float* scratch;
  /** `[rows]`: how many keys each row sees. */
  size_t limits[QUERY_TILE];
};

static struct attended state_of_token(const struct tile_work* tile, size_t t) {
  const size_t row = t * tile->group;
  return (struct attended){tile->state.largest + row, tile->state.total + row,
                           tile->state.values + row * tile->work->size};
}

/** Copies a tile's states to where they are carried, or back. */
static void copy_states(const struct tile_work* tile, bool back) {
  const struct attention* work = tile->work;
  const size_t group = tile->group, size = work->size, padded = state_size(group, size);
  for (size_t t = 0; t < tile->tokens.last - tile->tokens.first; t++) {
    float* place = carried_state(work, tile->tokens.first + t, tile->head, padded);
    const struct attended mine = state_of_token(tile, t), kept = state_at(place, group, size);
    const struct attended *from = back ? &kept : &mine, *to = back ? &mine : &kept;
    memcpy(to->largest, from->largest, group * sizeof(float));
    memcpy(to->total, from->total, group * sizeof(float));
    memcpy(to->values, from->values, group * size * sizeof(float));
  }
}

/** The keys that a token which sees so many takes in codes: all tiles but the last. */
static size_t in_codes(size_t keys) { return keys == 0 ? 0 : (keys - 1) / KEY_TILE * KEY_TILE; }

/**
 * Takes the last tile that each token sees, one token after the other: the codes of a tile of many
 * depend on all of its keys, of which a token may not see some.
 */
static void attend_last(const struct tile_work* tile) {
  const struct attention* work = tile->work;
  for (size_t t = 0; t < tile->tokens.last - tile->tokens.first; t++) {
    const size_t limit = tile->limits[t * tile->group], first = in_codes(limit);
    if (limit == 0) continue;
    struct keys found;
    float* q = tile->prepared.data;
    read_queries(work, tile->tokens.first + t, tile->head, q);
    find_keys(work, &tile->context, tile->head, first, limit - first, &found);
    isa->attend_few(q, tile->group, &found, NULL, state_of_token(tile, t), tile->scratch);
  }
}

/** Goes on from what earlier calls for the layer have carried. */
static void attend_carried(struct tile_work* tile) {
  const struct attention* work = tile->work;
  const struct context* context = &tile->context;
  const size_t rows = tile->prepared.rows;
  const size_t taken = in_codes(context->taken), paged = in_codes(context->paged);
  if (work->carried->parts > 1) copy_states(tile, true);
  attend_tiles(work, context, tile->head, (struct range){taken, paged}, &tile->prepared,
               tile->limits, tile->state, tile->scratch);
  if (work->carried->parts > 0) copy_states(tile, false);
  size_t coded[QUERY_TILE];
  for (size_t r = 0; r < rows; r++) coded[r] = in_codes(tile->limits[r]);
  attend_tiles(work, context, tile->head, (struct range){paged, coded[rows - 1]}, &tile->prepared,
               coded, tile->state, tile->scratch);
  attend_last(tile);
}

static void prefill_tile(const struct prefill_job* job, const struct query_tile* place, size_t head,
                         float* private) {
  const struct attention* work = job->work;
  const size_t group = work->heads / work->kv_heads, size = work->size;
  const size_t tokens = place->tokens.last - place->tokens.first, rows = tokens * group;
  const struct range queries = queries_of(work, place->sequence);
  const size_t after = queries.last - place->tokens.first;
  struct tile_work tile = {.work = work,
                           .context = context_of(work, place->sequence),
                           .head = head,
                           .tokens = place->tokens,
                           .group = group,
                           .prepared = {.data = private, .scale = private + QUERY_TILE * size}};
  tile.scratch = tile.prepared.scale + QUERY_TILE;
  tile.state = state_at(tile.scratch + ATTEND_SCRATCH, rows, size);
  const size_t keys = tile.context.keys;
  if (adds_nothing(work, &tile.context)) {
    for (size_t t = 0; t < tokens; t++) write_nothing(work, place->tokens.first + t, head);
    return;
  }
  float* q = tile.scratch;
  for (size_t t = 0; t < tokens; t++) {
    read_queries(work, place->tokens.first + t, head, q + t * group * size);
    // Of `after` queries from this tile's first on, the last one sees all keys.
    size_t hidden = work->causal ? after - 1 - t : 0;
    for (size_t r = 0; r < group; r++) {
      tile.limits[t * group + r] = keys > hidden ? keys - hidden : 0;
    }
  }
  if (tile.limits[rows - 1] > KEY_TILE || work->carried == NULL) {
    isa->prepare_queries(q, rows, size, &tile.prepared);
  }
  tile.prepared.rows = rows;
  clear_state(tile.state, rows, size);
  if (work->carried != NULL) {
    attend_carried(&tile);
  } else {
    attend_tiles(work, &tile.context, head, (struct range){0, tile.limits[rows - 1]},
                 &tile.prepared, tile.limits, tile.state, tile.scratch);
  }
  for (size_t t = 0; t < tokens; t++) {
    write_results(work, place->tokens.first + t, head, state_of_token(&tile, t));
  }
}

static void prefill_part(struct team* team, int member, void* context) {
  const struct prefill_job* job = context;
  float* private = job->private + (size_t)member * job->private_size;
  const size_t parts = job->tiles * job->work->kv_heads;
  size_t part;
  while ((part = team_claim(team, member, parts)) < parts) {
    const struct query_tile tile = find_tile(job, part % job->tiles);
    prefill_tile(job, &tile, part / job->tiles, private);
  }
}

static size_t total_queries(const struct attention* work) {
  if (work->query_starts == NULL) return work->sequences;
  return (size_t)(work->query_starts[work->sequences] - work->query_starts[0]);
}

static int prefill(const struct attention* work) {
  const size_t group = work->heads / work->kv_heads;
  const size_t threads = (size_t)team_threads(), tokens = total_queries(work);
  // Small enough for each thread to get several tiles.
  const size_t share = divide_up(tokens * work->kv_heads, TILES_PER_THREAD * threads);
  struct prefill_job job = {
      .work = work, .tile = least(QUERY_TILE / group, share > LEAST_TILE ? share : LEAST_TILE)};
  for (size_t s = 0; s < work->sequences; s++) job.tiles += count_tiles(work, s, job.tile);
  size_t numbers =
      QUERY_TILE * (work->size + 1) + ATTEND_SCRATCH + state_size(QUERY_TILE, work->size);
  job.private_size = scratch_padded(numbers * 4) / 4;
  struct scratch* scratch = scratch_of_thread();
  size_t bytes = threads * job.private_size * 4;
  if (scratch_reserve(scratch, bytes) != 0) return no_memory();
  job.private = scratch_take(scratch, bytes);
  return team_run(prefill_part, &job);
}

/** Attention in a phase, over the keys of the layer's calls so far. */
static int attend_in_phase(struct scratch* scratch, const struct attention* work) {
  struct attention whole;
  if (carried_add(scratch, work, &whole) != 0) return -1;
  // A call over pages, which follows, does that work as well.
  if (work->pages.data == NULL && scratch->has_history) return 0;
  return scratch->phase == PHASE_DECODE ? decode(&whole) : prefill(&whole);
}

int attend_all(const struct attention* work) {
  profile_enter();
  struct scratch* scratch = scratch_of_thread();
  int status;
  if (scratch->phase != PHASE_BY_SHAPE) {
    status = attend_in_phase(scratch, work);
  } else {
    status = work->query_starts == NULL ? decode(work) : prefill(work);
  }
  profile_leave(STAGE_ATTENTION);
  return status;
}

static void merge_row(float* to, float* log_sum, const float* from, float other, size_t size) {
  float largest = fmaxf(*log_sum, other);
  float keep = exp2f(*log_sum - largest), take = exp2f(other - largest);
  float total = keep + take;
  for (size_t d = 0; d < size; d++) to[d] = (to[d] * keep + from[d] * take) / total;
  *log_sum = largest + log2f(total);
}

/** Takes the results of a later call for a layer, where it has some, for those of all. */
static void take_results(void* out, float* log_sum, const void* other, const float* other_log_sum,
                         size_t rows, size_t bytes) {
  for (size_t r = 0; r < rows; r++) {
    if (other_log_sum[r] == NO_KEYS) continue;
    memcpy((uint8_t*)out + r * bytes, (const uint8_t*)other + r * bytes, bytes);
    log_sum[r] = other_log_sum[r];
  }
}

int merge_attention(void* out, float* log_sum, const void* other, const float* other_log_sum,
                    size_t rows, size_t size, bool half) {
  profile_enter();
  if (scratch_of_thread()->phase != PHASE_BY_SHAPE) {
    take_results(out, log_sum, other, other_log_sum, rows, size * (half ? 2 : 4));
    rows = 0;
  }
  for (size_t r = 0; r < rows; r++) {
    if (half) {
      float to[HEAD_SIZE], from[HEAD_SIZE];
      uint16_t* row = (uint16_t*)out + r * size;
      isa->widen(row, to, size);
      isa->widen((const uint16_t*)other + r * size, from, size);
      merge_row(to, log_sum + r, from, other_log_sum[r], size);
      isa->narrow(to, row, size);
    } else {
      merge_row((float*)out + r * size, log_sum + r, (const float*)other + r * size,
                other_log_sum[r], size);
    }
  }
  profile_leave(STAGE_MERGE);
  return 0;
}

int append_keys(const struct append* work) {
  profile_enter();
  carried_reset(scratch_of_thread());
  const size_t bytes = work->size * work->element_bytes;
  for (size_t t = 0; t < work->tokens; t++) {
    if (work->positions[t] < 0) continue;
    const size_t page = (size_t)work->positions[t] / work->page_size;
    const size_t slot = (size_t)work->positions[t] % work->page_size;
    for (size_t h = 0; h < work->kv_heads; h++) {
      size_t to = (page * 2 * work->kv_heads + h) * work->page_size + slot;
      size_t from = (t * work->kv_heads + h) * bytes;
      uint8_t* key = (uint8_t*)work->pages + to * bytes;
      memcpy(key, (const uint8_t*)work->k + from, bytes);
      memcpy(key + work->kv_heads * work->page_size * bytes, (const uint8_t*)work->v + from, bytes);
    }
  }
  profile_leave(STAGE_APPEND);
  return 0;
}
