#include <string.h>

#include "attended.h"
#include "numbers.h"

enum {
  /** Tiles of queries for each thread, so that none waits long for another. */
  TILES_PER_THREAD = 4,
  /** Tokens of a tile of queries, for which keys are worth to be prepared. */
  LEAST_TILE = 8
};

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

int attend_prefill(const struct attention* work) {
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
  if (scratch_reserve(scratch, bytes) != 0) return no_memory_for_attention();
  job.private = scratch_take(scratch, bytes);
  return team_run(prefill_part, &job);
}
