#include <math.h>
#include <string.h>

#include "attended.h"
#include "numbers.h"

enum {
  /** Keys of a split of a query's context: short ones, and those of more keys than these. */
  SHORT_SPLIT = KEY_TILE,
  LONG_SPLIT = 4 * KEY_TILE,
  LONG_CONTEXT = 16 * KEY_TILE,
  /** Products of queries and keys, in numbers multiplied, that are worth waking a team for. */
  TEAM_WORK = 1 << 15
};

/** Few queries, each on its own: what it sees is split between the members, then joined. */
struct decode_job {
  const struct attention* work;
  size_t splits;
  /** `[tokens * kv_heads * splits]` states; those that see less leave some empty. */
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

/** The splits of a context that a call takes: all, or those that are not carried. */
static struct range splits_of(const struct attention* work, const struct context* context) {
  if (adds_nothing(work, context)) return (struct range){0, 0};
  const size_t keys = context->keys, last = splits_before(work, keys, keys);
  size_t first = splits_before(work, keys, context->taken);
  // One that is not whole is taken once more.
  if (first > 0 && split_start(work, keys, first) > context->taken) first--;
  return (struct range){first, last};
}

/** A split of one key head's keys that a token sees. */
struct split {
  struct context context;
  size_t token;
  size_t head;
  struct range keys;
};

static void find_split(const struct decode_job* job, size_t part, struct split* to) {
  const struct attention* work = job->work;
  const size_t item = part / job->splits;
  to->token = item / work->kv_heads;
  to->head = item % work->kv_heads;
  to->context = context_of_token(work, to->token);
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
  read_queries(work, split.token, split.head, q);
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
  const struct context context = context_of_token(work, token);
  if (adds_nothing(work, &context)) {
    write_nothing(work, token, head);
  } else {
    write_results(work, token, head, join_carried(job, &context, item, room));
  }
}

static void decode_part(struct team* team, int member, void* context) {
  const struct decode_job* job = context;
  const struct attention* work = job->work;
  const size_t items = tokens_of(work) * work->kv_heads, parts = items * job->splits;
  float* private = job->private + (size_t)member * job->private_size;
  size_t part;
  while ((part = team_claim(team, member, parts)) < parts) decode_split(job, part, parts, private);
  team_barrier(team);
  size_t item;
  while ((item = team_claim(team, member, items)) < items) finish_item(job, item, private);
}

int attend_decode(const struct attention* work) {
  const size_t group = work->heads / work->kv_heads;
  const size_t tokens = tokens_of(work), items = tokens * work->kv_heads;
  const size_t threads = (size_t)team_threads();
  size_t splits = 1, total = 0;
  for (size_t t = 0; t < tokens; t++) {
    const struct context context = context_of_token(work, t);
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
  if (scratch_reserve(scratch, bytes) != 0) return no_memory_for_attention();
  job.states = scratch_take(scratch, states);
  job.private = scratch_take(scratch, private);
  if (!alone) return team_run(decode_part, &job);
  team_run_alone(decode_part, &job);
  return 0;
}
