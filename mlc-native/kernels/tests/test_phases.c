/** In a phase, what a token gets is the same to the bit whatever is computed with it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "carried.h"
#include "layer.h"
#include "support.h"

enum { PAGE = 16, MOST_SEQUENCES = 4, MOST_PAGES = 1024 };

static size_t bytes_of(bool half) { return half ? 2 : 4; }

static struct floats row_of(struct floats x, size_t row, size_t columns) {
  return (struct floats){(const uint8_t*)x.data + row * columns * bytes_of(x.half), x.half};
}

static void begin_phase(enum phase phase, bool has_history) {
  struct scratch* scratch = scratch_of_thread();
  scratch->phase = phase;
  scratch->has_history = has_history;
  carried_reset(scratch);
}

static enum phase random_phase(void) { return random_bool() ? PHASE_PREFILL : PHASE_DECODE; }

/** Quantized weights do the same in all phases, so the second of two may be another. */
static enum phase other_phase(const struct matrix* w, enum phase phase) {
  return is_quantized(w) ? (enum phase)random_int(0, PHASE_COUNT - 1) : phase;
}

static struct matrix some_matrix(size_t rows, size_t columns) {
  return random_matrix((enum format)random_int(0, FORMAT_COUNT - 1), rows, columns, FILL_RANDOM);
}

static size_t random_columns(void) { return (size_t)random_int(1, 8) * GROUP; }

static size_t some_tokens(void) {
  return (size_t)(random_int(0, 4) == 0 ? random_int(1, 120) : random_int(2, 20));
}

static void check_same(const void* found, const void* expected, size_t bytes, const char* what,
                       size_t token) {
  check(memcmp(found, expected, bytes) == 0, "%s: token %zu depends on the others", what, token);
}

static void test_projection(uint64_t seed) {
  case_begin("norm_linear in a phase", seed);
  const size_t columns = random_columns(), rows = (size_t)random_int(1, 300);
  struct projection work = {.tokens = some_tokens(), .w = some_matrix(rows, columns)};
  const struct floats x = random_numbers(work.tokens * columns, random_bool());
  if (random_bool()) work.norm = (struct norm){random_numbers(columns, random_bool()), 1e-5f};
  float *all = guarded_floats(work.tokens * rows), *one = guarded_floats(rows);
  const enum phase phase = other_phase(&work.w, random_phase());
  begin_phase(phase, false);
  work.x = x;
  work.out = (struct output){.data = all, .stride = rows};
  check(project(&work) == 0, "projection failed: %s", raised);
  const size_t tokens = work.tokens;
  for (int i = 0; i < 3; i++) {
    const size_t token = (size_t)random_int(0, (int)tokens - 1);
    work.tokens = 1;
    work.x = row_of(x, token, columns);
    work.out.data = one;
    begin_phase(other_phase(&work.w, phase), false);
    check(project(&work) == 0, "projection failed: %s", raised);
    check_same(all + token * rows, one, rows * sizeof *one, "norm_linear", token);
  }
  begin_phase(PHASE_BY_SHAPE, false);
}

static void test_layer(uint64_t seed) {
  case_begin("layer in a phase", seed);
  const size_t size = random_columns(), inner = random_columns(), attended = random_columns();
  const size_t rows = (size_t)random_int(1, 200), tokens = some_tokens();
  struct layer work = {.tokens = tokens,
                       .o = some_matrix(size, attended),
                       .gate_up = some_matrix(2 * inner, size),
                       .down = some_matrix(size, inner),
                       .norm = {random_numbers(size, random_bool()), 1e-5f},
                       .has_next = true,
                       .next_norm = {random_numbers(size, random_bool()), 1e-5f},
                       .next = some_matrix(rows, size)};
  const struct floats x = random_numbers(tokens * size, random_bool());
  const struct floats from = random_numbers(tokens * attended, random_bool());
  float *hidden = guarded_floats(tokens * size), *next = guarded_floats(tokens * rows);
  begin_phase(random_phase(), false);
  work.x = x;
  work.attended = from;
  work.hidden = hidden;
  work.next_out = (struct output){.data = next, .stride = rows};
  check(finish_layer(&work) == 0, "layer failed: %s", raised);
  const size_t token = (size_t)random_int(0, (int)tokens - 1);
  work.tokens = 1;
  work.x = row_of(x, token, size);
  work.attended = row_of(from, token, attended);
  work.hidden = guarded_floats(size);
  work.next_out.data = guarded_floats(rows);
  check(finish_layer(&work) == 0, "layer failed: %s", raised);
  check_same(hidden + token * size, work.hidden, size * sizeof(float), "layer", token);
  check_same(next + token * rows, work.next_out.data, rows * sizeof(float), "next", token);
  begin_phase(PHASE_BY_SHAPE, false);
}

/** Some sequences: what their tokens ask for, and their keys and values. */
struct sequences {
  bool half;
  size_t heads, kv_heads, size, count;
  float scale;
  size_t length[MOST_SEQUENCES];
  /** `[length][heads or kv_heads][size]` of each. */
  struct floats q[MOST_SEQUENCES], k[MOST_SEQUENCES], v[MOST_SEQUENCES];
  /** How many first keys all have in common. */
  size_t shared;
  void* pages;
  size_t used;
};

static size_t q_bytes(const struct sequences* all) {
  return all->heads * all->size * bytes_of(all->half);
}

static size_t k_bytes(const struct sequences* all) {
  return all->kv_heads * all->size * bytes_of(all->half);
}

static struct sequences random_sequences(int longest) {
  static const int sizes[] = {16, 32, 48, 64, 128};
  struct sequences all = {.half = random_bool(),
                          .kv_heads = (size_t)random_int(1, 3),
                          .size = (size_t)sizes[random_int(0, longest > 300 ? 1 : 4)],
                          .count = (size_t)random_int(1, MOST_SEQUENCES)};
  all.heads = all.kv_heads * (size_t)random_int(1, 4);
  all.scale = 1 / sqrtf((float)all.size);
  size_t shortest = SIZE_MAX;
  for (size_t s = 0; s < all.count; s++) {
    all.length[s] = (size_t)random_int(1, longest);
    shortest = all.length[s] < shortest ? all.length[s] : shortest;
    all.q[s] = random_numbers(all.length[s] * all.heads * all.size, all.half);
    all.k[s] = random_numbers(all.length[s] * all.kv_heads * all.size, all.half);
    all.v[s] = random_numbers(all.length[s] * all.kv_heads * all.size, all.half);
  }
  all.shared = (size_t)random_int(0, (int)(shortest - 1) / PAGE) * PAGE;
  for (size_t s = 1; s < all.count; s++) {
    memcpy((void*)all.k[s].data, all.k[0].data, all.shared * k_bytes(&all));
    memcpy((void*)all.v[s].data, all.v[0].data, all.shared * k_bytes(&all));
  }
  all.pages = guarded(MOST_PAGES * 2 * PAGE * k_bytes(&all), bytes_of(all.half));
  return all;
}

/** A call over pages: which keys of which sequence each of its entries has. */
struct table {
  int32_t starts[MOST_SEQUENCES + 1], lengths[MOST_SEQUENCES], query_starts[MOST_SEQUENCES + 1];
  int32_t indices[MOST_PAGES];
  size_t entries;
};

/** Adds an entry with the keys `first..last` of a sequence in pages, for some queries. */
static void add_entry(struct sequences* all, struct table* table, size_t s, size_t first,
                      size_t last, size_t queries) {
  const size_t e = table->entries++, keys = last - first, pages = (keys + PAGE - 1) / PAGE;
  check(all->used + pages <= MOST_PAGES, "too few pages for a test");
  int32_t* positions = calloc(keys + 1, sizeof *positions);
  for (size_t i = 0; i < keys; i++) positions[i] = (int32_t)(all->used * PAGE + i);
  append_keys(&(struct append){.pages = all->pages,
                               .page_size = PAGE,
                               .kv_heads = all->kv_heads,
                               .size = all->size,
                               .element_bytes = bytes_of(all->half),
                               .k = row_of(all->k[s], first, all->kv_heads * all->size).data,
                               .v = row_of(all->v[s], first, all->kv_heads * all->size).data,
                               .positions = positions,
                               .tokens = keys});
  free(positions);
  table->starts[e + 1] = table->starts[e] + (int32_t)pages;
  for (size_t i = 0; i < pages; i++) {
    table->indices[table->starts[e] + (int32_t)i] = (int32_t)all->used++;
  }
  table->lengths[e] = keys == 0 ? 0 : (int32_t)((keys - 1) % PAGE + 1);
  table->query_starts[e + 1] = table->query_starts[e] + (int32_t)queries;
}

/** A batch that computes the tokens `from..to` of each sequence. */
struct batch {
  struct sequences* all;
  size_t from[MOST_SEQUENCES], to[MOST_SEQUENCES];
  int32_t starts[MOST_SEQUENCES + 1];
  void *q, *k, *v, *out, *other;
  float *log_sum, *other_log_sum;
};

static void gather(struct batch* b) {
  const struct sequences* all = b->all;
  for (size_t s = 0; s < all->count; s++) {
    b->starts[s + 1] = b->starts[s] + (int32_t)(b->to[s] - b->from[s]);
  }
  const size_t tokens = (size_t)b->starts[all->count], unit = bytes_of(all->half);
  b->q = guarded(tokens * q_bytes(all), unit);
  b->k = guarded(tokens * k_bytes(all), unit);
  b->v = guarded(tokens * k_bytes(all), unit);
  b->out = guarded(tokens * q_bytes(all), unit);
  b->other = guarded(tokens * q_bytes(all), unit);
  b->log_sum = guarded_floats(tokens * all->heads);
  b->other_log_sum = guarded_floats(tokens * all->heads);
  for (size_t s = 0; s < all->count; s++) {
    const size_t at = (size_t)b->starts[s], count = b->to[s] - b->from[s];
    const size_t kv = all->kv_heads * all->size;
    memcpy((uint8_t*)b->q + at * q_bytes(all),
           row_of(all->q[s], b->from[s], all->heads * all->size).data, count * q_bytes(all));
    memcpy((uint8_t*)b->k + at * k_bytes(all), row_of(all->k[s], b->from[s], kv).data,
           count * k_bytes(all));
    memcpy((uint8_t*)b->v + at * k_bytes(all), row_of(all->v[s], b->from[s], kv).data,
           count * k_bytes(all));
  }
}

static struct attention call_of(const struct batch* b, bool to_other) {
  const struct sequences* all = b->all;
  return (struct attention){.q = b->q,
                            .half = all->half,
                            .heads = all->heads,
                            .kv_heads = all->kv_heads,
                            .size = all->size,
                            .q_stride = all->heads * all->size,
                            .scale = all->scale,
                            .out = to_other ? b->other : b->out,
                            .log_sum = to_other ? b->other_log_sum : b->log_sum};
}

static void attend_rows(const struct batch* b) {
  struct attention work = call_of(b, false);
  work.sequences = b->all->count;
  work.query_starts = b->starts;
  work.causal = true;
  work.rows = (struct rows){b->k, b->v, work.kv_heads * work.size, b->starts};
  check(attend_all(&work) == 0, "attention failed: %s", raised);
}

static void attend_pages(const struct batch* b, const struct table* table, bool with_starts,
                         bool to_other) {
  struct attention work = call_of(b, to_other);
  work.sequences = table->entries;
  work.query_starts = with_starts ? table->query_starts : NULL;
  work.pages = (struct pages){b->all->pages, PAGE, table->starts, table->indices, table->lengths};
  check(attend_all(&work) == 0, "attention failed: %s", raised);
  if (!to_other) return;
  const size_t rows = (size_t)b->starts[b->all->count] * b->all->heads;
  merge_attention(b->out, b->log_sum, b->other, b->other_log_sum, rows, b->all->size, b->all->half);
}

/**
 * The calls over a batch's keys in pages, up to `to[s]` of each sequence, as TVM makes them: the
 * first keys, in one entry for all where they are shared, then the rest.
 */
static void attend_parts(struct batch* b, const size_t* to, bool first_to_other) {
  struct sequences* all = b->all;
  struct table first = {0}, second = {0};
  const bool parts = random_bool(), one_each = b->starts[all->count] == (int32_t)all->count;
  bool joins = parts && random_bool(), any = false, more = false;
  for (size_t s = 0; s < all->count; s++) joins = joins && to[s] >= all->shared;
  if (joins) add_entry(all, &first, 0, 0, all->shared, (size_t)b->starts[all->count]);
  for (size_t s = 0; s < all->count; s++) {
    const size_t queries = (size_t)(b->starts[s + 1] - b->starts[s]);
    size_t cut = parts ? (size_t)random_int(0, (int)to[s] / PAGE) * PAGE : to[s];
    if (joins) cut = all->shared;
    if (!joins) add_entry(all, &first, s, 0, cut, queries);
    add_entry(all, &second, s, cut, to[s], queries);
    any = any || cut > 0;
    more = more || cut < to[s];
  }
  // Nothing but the calls for a layer may come between them.
  carried_reset(scratch_of_thread());
  if (first_to_other) attend_rows(b);
  if (any) attend_pages(b, &first, joins || !one_each || random_bool(), first_to_other);
  if (more) attend_pages(b, &second, !one_each || random_bool(), any || first_to_other);
}

static void check_token(const struct batch* b, size_t s, size_t token, const void* expected,
                        const float* log_sum) {
  const struct sequences* all = b->all;
  const size_t row = (size_t)b->starts[s] + token - b->from[s];
  check_same((const uint8_t*)b->out + row * q_bytes(all), expected, q_bytes(all), "attention",
             token);
  check_same(b->log_sum + row * all->heads, log_sum, all->heads * sizeof *log_sum, "log-sum",
             token);
}

/** One sequence of several, which begins anew. */
static struct sequences one_of(const struct sequences* all, size_t s) {
  struct sequences one = *all;
  one.count = 1;
  one.shared = 0;
  one.length[0] = all->length[s];
  one.q[0] = all->q[s];
  one.k[0] = all->k[s];
  one.v[0] = all->v[s];
  return one;
}

static void test_prefill(uint64_t seed) {
  case_begin("attention of a prefill", seed);
  struct sequences all = random_sequences(random_bool() ? 250 : 100);
  struct batch b = {.all = &all};
  const bool single = random_int(0, 2) == 0;
  bool history = false;
  for (size_t s = 0; s < all.count; s++) {
    b.from[s] = random_bool() ? (size_t)random_int(0, (int)all.length[s] - 1) : all.shared;
    b.to[s] = single ? b.from[s] + 1 : (size_t)random_int((int)b.from[s] + 1, (int)all.length[s]);
    history = history || b.from[s] > 0;
  }
  gather(&b);
  begin_phase(PHASE_PREFILL, history);
  if (single) {
    attend_parts(&b, b.to, false);
  } else {
    attend_parts(&b, b.from, true);
  }
  for (size_t s = 0; s < all.count; s++) {
    struct sequences one = one_of(&all, s);
    struct batch whole = {.all = &one, .to = {one.length[0]}};
    gather(&whole);
    begin_phase(PHASE_PREFILL, false);
    attend_rows(&whole);
    for (size_t t = b.from[s]; t < b.to[s]; t++) {
      check_token(&b, s, t, (const uint8_t*)whole.out + t * q_bytes(&all),
                  whole.log_sum + t * all.heads);
    }
  }
  begin_phase(PHASE_BY_SHAPE, false);
}

/** Checks a token against a decode of one token that sees the keys up to it, in pages. */
static void check_decoded(const struct batch* b, size_t s, size_t token) {
  struct sequences one = one_of(b->all, s);
  one.used = 0;
  struct batch alone = {.all = &one, .from = {token}, .to = {token + 1}};
  struct table table = {0};
  gather(&alone);
  add_entry(&one, &table, 0, 0, token + 1, 1);
  begin_phase(PHASE_DECODE, true);
  attend_pages(&alone, &table, false, false);
  check_token(b, s, token, alone.out, alone.log_sum);
}

static void test_decode(uint64_t seed) {
  case_begin("attention of a decode", seed);
  struct sequences all = random_sequences(random_int(0, 3) == 0 ? 1700 : 200);
  struct batch b = {.all = &all};
  bool history = false;
  for (size_t s = 0; s < all.count; s++) {
    b.to[s] = all.length[s];
    b.from[s] = all.length[s] - 1;
    history = history || b.from[s] > 0;
  }
  gather(&b);
  begin_phase(PHASE_DECODE, history);
  // TVM appends before attention, unless very many sequences share their last block.
  const bool appended = random_int(0, 3) > 0;
  attend_parts(&b, appended ? b.to : b.from, !appended);
  for (size_t s = 0; s < all.count; s++) check_decoded(&b, s, b.from[s]);
  begin_phase(PHASE_BY_SHAPE, false);
}

/** Some sequences of a batch have several tokens, as where drafted ones are verified. */
static void test_verification(uint64_t seed) {
  case_begin("attention of a decode of several tokens", seed);
  struct sequences all = random_sequences(random_int(0, 3) == 0 ? 1700 : 200);
  struct batch b = {.all = &all};
  bool history = false;
  for (size_t s = 0; s < all.count; s++) {
    const size_t room = all.length[s] - all.shared, most = room < 9 ? room : 9;
    const size_t count = random_bool() ? 1 : (size_t)random_int(1, (int)most);
    b.to[s] = all.length[s];
    b.from[s] = b.to[s] - count;
    history = history || b.from[s] > 0;
  }
  gather(&b);
  begin_phase(PHASE_DECODE, history);
  attend_parts(&b, b.from, true);
  for (size_t s = 0; s < all.count; s++) {
    for (size_t t = b.from[s]; t < b.to[s]; t++) check_decoded(&b, s, t);
  }
  begin_phase(PHASE_BY_SHAPE, false);
}

void test_phases(uint64_t seed) {
  case_begin("threads", seed);
  pool_threads = random_int(1, 4);
  test_projection(seed);
  test_layer(seed);
  test_prefill(seed);
  test_decode(seed);
  test_verification(seed);
}
