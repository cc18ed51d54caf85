#include "attention.h"

#include <math.h>
#include <string.h>
#include <tvm/ffi/c_api.h>

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

static size_t keys_of(const struct attention* work, size_t sequence) {
  if (work->pages.data == NULL) {
    return (size_t)(work->rows.starts[sequence + 1] - work->rows.starts[sequence]);
  }
  int32_t pages = work->pages.starts[sequence + 1] - work->pages.starts[sequence];
  if (pages == 0) return 0;
  return (size_t)(pages - 1) * work->pages.page_size +
         (size_t)work->pages.last_page_lengths[sequence];
}

static struct range queries_of(const struct attention* work, size_t sequence) {
  if (work->query_starts == NULL) return (struct range){sequence, sequence + 1};
  return (struct range){(size_t)work->query_starts[sequence],
                        (size_t)work->query_starts[sequence + 1]};
}

/** Places the rows of `count` keys and values, `step` bytes apart, from place `at` of a tile on. */
static void place_keys(struct keys* keys, size_t at, size_t count, const uint8_t* key,
                       const uint8_t* value, size_t step) {
  for (size_t i = 0; i < count; i++) {
    keys->key[at + i] = key + i * step;
    keys->value[at + i] = value + i * step;
  }
}

/** Finds the keys `first..first + count` of a sequence's head. */
static void find_keys(const struct attention* work, size_t sequence, size_t head, size_t first,
                      size_t count, struct keys* keys) {
  const size_t bytes = work->size * (work->half ? 2 : 4);
  keys->half = work->half;
  keys->size = work->size;
  keys->count = count;
  if (work->pages.data == NULL) {
    const size_t row = ((size_t)work->rows.starts[sequence] + first) * work->kv_heads + head;
    place_keys(keys, 0, count, (const uint8_t*)work->rows.keys + row * bytes,
               (const uint8_t*)work->rows.values + row * bytes, work->kv_heads * bytes);
    return;
  }
  const size_t page_size = work->pages.page_size;
  const int32_t* pages = work->pages.indices + work->pages.starts[sequence] + first / page_size;
  size_t slot = first % page_size;
  for (size_t found = 0; found < count; pages++, slot = 0) {
    const size_t here = least(page_size - slot, count - found);
    const size_t row = ((size_t)*pages * 2 * work->kv_heads + head) * page_size + slot;
    const uint8_t* key = (const uint8_t*)work->pages.data + row * bytes;
    place_keys(keys, found, here, key, key + work->kv_heads * page_size * bytes, bytes);
    found += here;
  }
}

/** The queries of the heads that share a key head, scaled to base 2. */
static void read_queries(const struct attention* work, size_t token, size_t head, float* to) {
  const size_t group = work->heads / work->kv_heads, count = group * work->size;
  const size_t place = (token * work->heads + head * group) * work->size;
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
    work->log_sum[row + r] = any ? state.largest[r] + log2f(state.total[r]) : NO_KEYS;
  }
  store_floats(state.values, work->out, work->half, row * work->size, count);
}

static void clear_state(struct attended state, size_t rows, size_t size) {
  for (size_t r = 0; r < rows; r++) {
    state.largest[r] = -INFINITY;
    state.total[r] = 0;
  }
  memset(state.values, 0, rows * size * sizeof *state.values);
}

/** Numbers of scratch for a state of `rows` rows. */
static size_t state_size(size_t rows, size_t size) {
  return scratch_padded(rows * (size + 2) * 4) / 4;
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
 * How a sequence's context is cut. It depends on nothing else, so that a sequence gets the same
 * result to the bit whatever runs beside it and on however many threads.
 */
static size_t split_size(size_t keys) { return keys > LONG_CONTEXT ? LONG_SPLIT : SHORT_SPLIT; }

/** A split of one key head's keys of one sequence. */
struct split {
  size_t sequence;
  size_t head;
  struct range keys;
};

static struct split split_at(const struct decode_job* job, size_t part) {
  const struct attention* work = job->work;
  const size_t item = part / job->splits, sequence = item / work->kv_heads;
  const size_t keys = keys_of(work, sequence);
  const size_t share = split_size(keys);
  const size_t first = least(part % job->splits * share, keys);
  return (struct split){sequence, item % work->kv_heads, {first, least(first + share, keys)}};
}

static void find_tile_of(const struct attention* work, const struct split* split, size_t first,
                         struct keys* keys) {
  const size_t count = least(KEY_TILE, split->keys.last - first);
  find_keys(work, split->sequence, split->head, first, count, keys);
}

static void decode_split(const struct decode_job* job, size_t part, size_t parts, float* private) {
  const struct attention* work = job->work;
  const size_t group = work->heads / work->kv_heads;
  const struct split split = split_at(job, part);
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
      const struct split after = split_at(job, part + 1);
      find_tile_of(work, &after, after.keys.first, next);
    }
    isa->attend_few(q, group, &tiles[now], next, state, scratch);
  }
}

/** Joins the splits of an item into the first. */
static struct attended join_splits(const struct decode_job* job, size_t item) {
  const struct attention* work = job->work;
  const size_t group = work->heads / work->kv_heads, size = state_size(group, work->size);
  float* states = job->states + item * job->splits * size;
  struct attended all = state_at(states, group, work->size);
  for (size_t i = 1; i < job->splits; i++) {
    struct attended more = state_at(states + i * size, group, work->size);
    for (size_t r = 0; r < group; r++) {
      if (more.total[r] == 0) continue;
      float largest = fmaxf(all.largest[r], more.largest[r]);
      float keep = exp2f(all.largest[r] - largest), take = exp2f(more.largest[r] - largest);
      all.total[r] = all.total[r] * keep + more.total[r] * take;
      all.largest[r] = largest;
      float *to = all.values + r * work->size, *from = more.values + r * work->size;
      for (size_t d = 0; d < work->size; d++) to[d] = to[d] * keep + from[d] * take;
    }
  }
  return all;
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
  while ((item = team_claim(team, member, items)) < items) {
    write_results(work, item / work->kv_heads, item % work->kv_heads, join_splits(job, item));
  }
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
    const size_t keys = keys_of(work, s), needed = divide_up(keys, split_size(keys));
    splits = needed > splits ? needed : splits;
    total += keys;
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

static void prefill_tile(const struct prefill_job* job, const struct query_tile* tile, size_t head,
                         float* private) {
  const struct attention* work = job->work;
  const size_t group = work->heads / work->kv_heads, size = work->size;
  const size_t tokens = tile->tokens.last - tile->tokens.first, rows = tokens * group;
  const struct range queries = queries_of(work, tile->sequence);
  const size_t keys = keys_of(work, tile->sequence), after = queries.last - tile->tokens.first;
  struct queries prepared = {.data = private, .scale = private + QUERY_TILE * size};
  float *scratch = prepared.scale + QUERY_TILE, *q = scratch;
  struct attended state = state_at(scratch + ATTEND_SCRATCH, rows, size);
  size_t limits[QUERY_TILE];
  for (size_t t = 0; t < tokens; t++) {
    read_queries(work, tile->tokens.first + t, head, q + t * group * size);
    // Of `after` queries from this tile's first on, the last one sees all keys.
    size_t hidden = work->causal ? after - 1 - t : 0;
    for (size_t r = 0; r < group; r++) limits[t * group + r] = keys > hidden ? keys - hidden : 0;
  }
  isa->prepare_queries(q, rows, size, &prepared);
  clear_state(state, rows, size);
  for (size_t key = 0; key < limits[rows - 1]; key += KEY_TILE) {
    struct keys found;
    size_t visible[QUERY_TILE];
    size_t count = least(KEY_TILE, limits[rows - 1] - key);
    find_keys(work, tile->sequence, head, key, count, &found);
    for (size_t r = 0; r < rows; r++) {
      visible[r] = limits[r] > key ? least(limits[r] - key, count) : 0;
    }
    isa->attend_many(&prepared, &found, visible, state, scratch);
  }
  for (size_t t = 0; t < tokens; t++) {
    struct attended mine = {state.largest + t * group, state.total + t * group,
                            state.values + t * group * size};
    write_results(work, tile->tokens.first + t, head, mine);
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

int attend_all(const struct attention* work) {
  profile_enter();
  int status = work->query_starts == NULL ? decode(work) : prefill(work);
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

int merge_attention(void* out, float* log_sum, const void* other, const float* other_log_sum,
                    size_t rows, size_t size, bool half) {
  profile_enter();
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
