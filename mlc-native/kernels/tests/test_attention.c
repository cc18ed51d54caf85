/** Attention over pages and rows, against softmax in doubles. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attention.h"
#include "rotary.h"
#include "support.h"

enum { MOST_SEQUENCES = 5, PAGE = 16 };

/** A batch whose keys and values lie in one array for each sequence, whatever the kernels read. */
struct batch {
  struct attention work;
  size_t tokens;
  int32_t query_starts[MOST_SEQUENCES + 1];
  int32_t key_starts[MOST_SEQUENCES + 1];
  /** `[keys][kv_heads][size]` of all sequences. */
  struct floats keys, values;
};

static size_t bytes_of(bool half) { return half ? 2 : 4; }

static size_t keys_of(const struct batch* b, size_t sequence) {
  return (size_t)(b->key_starts[sequence + 1] - b->key_starts[sequence]);
}

static struct batch grouped_batch(size_t sequences, int most_queries, int most_keys, size_t group) {
  static const int sizes[] = {16, 32, 48, 64, 80, 128, 256};
  struct batch b = {.work = {.half = random_bool(),
                             .kv_heads = (size_t)random_int(1, 4),
                             .size = (size_t)sizes[random_int(0, 6)],
                             .sequences = sequences}};
  struct attention* work = &b.work;
  work->heads = work->kv_heads * group;
  work->scale = 1 / sqrtf((float)work->size);
  work->q_stride = work->heads * work->size;
  for (size_t s = 0; s < sequences; s++) {
    const int queries = random_int(1, most_queries);
    b.query_starts[s + 1] = b.query_starts[s] + queries;
    b.key_starts[s + 1] = b.key_starts[s] + (most_keys == 0 ? queries : random_int(0, most_keys));
  }
  b.tokens = (size_t)b.query_starts[sequences];
  const size_t keys = (size_t)b.key_starts[sequences] * work->kv_heads * work->size;
  work->q = random_numbers(b.tokens * work->heads * work->size, work->half).data;
  b.keys = random_numbers(keys, work->half);
  b.values = random_numbers(keys, work->half);
  work->out =
      guarded(b.tokens * work->heads * work->size * bytes_of(work->half), bytes_of(work->half));
  work->log_sum = guarded_floats(b.tokens * work->heads);
  return b;
}

static struct batch random_batch(size_t sequences, int most_queries, int most_keys) {
  return grouped_batch(sequences, most_queries, most_keys, (size_t)random_int(1, 9));
}

static const int32_t* guarded_ints(const int32_t* from, size_t count) {
  return memcpy(guarded(count * 4, 4), from, count * 4);
}

/** Spreads the batch's keys over pages in random order. */
static void make_pages(struct batch* b) {
  struct attention* work = &b->work;
  const size_t row = work->size * bytes_of(work->half), page_rows = work->kv_heads * PAGE;
  int32_t starts[MOST_SEQUENCES + 1] = {0}, lengths[MOST_SEQUENCES];
  for (size_t s = 0; s < work->sequences; s++) {
    const int32_t keys = (int32_t)keys_of(b, s);
    starts[s + 1] = starts[s] + (keys + PAGE - 1) / PAGE;
    lengths[s] = keys == 0 ? 0 : (keys - 1) % PAGE + 1;
  }
  const int32_t count = starts[work->sequences], pages = count + 3;
  int32_t* indices = guarded((size_t)count * 4, 4);
  bool* used = calloc((size_t)pages, sizeof *used);
  for (int32_t i = 0; i < count; i++) {
    do {
      indices[i] = random_int(0, pages - 1);
    } while (used[indices[i]]);
    used[indices[i]] = true;
  }
  free(used);
  uint8_t* data = guarded((size_t)pages * 2 * page_rows * row, bytes_of(work->half));
  int32_t* positions = guarded((size_t)b->key_starts[work->sequences] * 4, 4);
  for (size_t s = 0; s < work->sequences; s++) {
    for (size_t k = 0; k < keys_of(b, s); k++) {
      const int32_t page = indices[(size_t)starts[s] + k / PAGE];
      positions[(size_t)b->key_starts[s] + k] = page * PAGE + (int32_t)(k % PAGE);
    }
  }
  append_keys(&(struct append){.pages = data,
                               .page_size = PAGE,
                               .kv_heads = work->kv_heads,
                               .size = work->size,
                               .element_bytes = bytes_of(work->half),
                               .k = b->keys.data,
                               .v = b->values.data,
                               .positions = positions,
                               .tokens = (size_t)b->key_starts[work->sequences]});
  work->pages = (struct pages){.data = data,
                               .page_size = PAGE,
                               .starts = guarded_ints(starts, work->sequences + 1),
                               .indices = indices,
                               .last_page_lengths = guarded_ints(lengths, work->sequences)};
}

/** What one query should get: the values of `size` elements and the log-sum-exp. */
static double expected_row(const struct batch* b, size_t sequence, size_t token, size_t head,
                           double* to) {
  const struct attention* work = &b->work;
  const size_t size = work->size, kv_head = head / (work->heads / work->kv_heads);
  const size_t keys = keys_of(b, sequence);
  const size_t after = (size_t)b->query_starts[sequence + 1] - token - 1;
  const size_t hidden = work->causal ? after : 0, visible = keys > hidden ? keys - hidden : 0;
  const struct floats q = {work->q, work->half};
  double total = 0;
  memset(to, 0, size * sizeof *to);
  for (size_t k = 0; k < visible; k++) {
    const size_t row = (((size_t)b->key_starts[sequence] + k) * work->kv_heads + kv_head) * size;
    double score = 0;
    for (size_t d = 0; d < size; d++) {
      score += number_at(q, (token * work->heads + head) * size + d) * number_at(b->keys, row + d);
    }
    const double weight = exp(score * work->scale);
    total += weight;
    for (size_t d = 0; d < size; d++) to[d] += weight * number_at(b->values, row + d);
  }
  for (size_t d = 0; d < size && total > 0; d++) to[d] /= total;
  return total > 0 ? log2(total) : -5e4;
}

static void check_batch(const struct batch* b) {
  const struct attention* work = &b->work;
  // Many queries are multiplied in 16-bit codes, whose exact bounds the tests of the loops know.
  const bool codes = work->query_starts != NULL;
  const double allowed = codes ? 2e-2 : work->half ? 2e-3 : 2e-5;
  check(attend_all(work) == 0, "attention failed: %s", raised);
  for (size_t s = 0; s < work->sequences; s++) {
    for (size_t t = (size_t)b->query_starts[s]; t < (size_t)b->query_starts[s + 1]; t++) {
      for (size_t h = 0; h < work->heads; h++) {
        double expected[HEAD_SIZE];
        const double sum = expected_row(b, s, t, h, expected);
        const size_t row = t * work->heads + h;
        check(fabs(work->log_sum[row] - sum) < (codes ? 2e-2 : 1e-4),
              "token %zu, head %zu: log-sum %g, not %g", t, h, work->log_sum[row], sum);
        for (size_t d = 0; d < work->size; d++) {
          const double found =
              number_at((struct floats){work->out, work->half}, row * work->size + d);
          check(fabs(found - expected[d]) < allowed * (1 + fabs(expected[d])),
                "token %zu, head %zu: element %zu is %g, not %g", t, h, d, found, expected[d]);
        }
      }
    }
  }
}

static void test_decode(uint64_t seed) {
  case_begin("attention_decode", seed);
  const size_t sequences = (size_t)random_int(1, MOST_SEQUENCES);
  struct batch b = random_batch(sequences, 1, random_int(0, 3) == 0 ? 400 : 70);
  make_pages(&b);
  check_batch(&b);
}

static void test_paged(uint64_t seed) {
  case_begin("attention_paged", seed);
  struct batch b = random_batch((size_t)random_int(1, 3), 20, 90);
  b.work.causal = random_bool();
  b.work.query_starts = guarded_ints(b.query_starts, b.work.sequences + 1);
  make_pages(&b);
  check_batch(&b);
}

static void test_ragged(uint64_t seed) {
  case_begin("attention_ragged", seed);
  struct batch b = random_batch((size_t)random_int(1, 3), random_int(0, 3) == 0 ? 150 : 30, 0);
  b.work.causal = true;
  b.work.query_starts = guarded_ints(b.query_starts, b.work.sequences + 1);
  const int32_t* starts = guarded_ints(b.key_starts, b.work.sequences + 1);
  b.work.rows = (struct rows){b.keys.data, b.values.data, b.work.kv_heads * b.work.size, starts};
  check_batch(&b);
}

/** Queries, keys and values of a token side by side, and no log-sum-exps. */
static void test_whole(uint64_t seed) {
  case_begin("attention_whole", seed);
  struct batch b = grouped_batch((size_t)random_int(1, MOST_SEQUENCES), 90, 0, 1);
  struct attention* work = &b.work;
  const size_t row = work->heads * work->size, bytes = row * bytes_of(work->half);
  char* joined = guarded(b.tokens * 3 * bytes, bytes_of(work->half));
  const void* parts[] = {work->q, b.keys.data, b.values.data};
  for (size_t t = 0; t < b.tokens; t++) {
    for (size_t i = 0; i < 3; i++) {
      memcpy(joined + (t * 3 + i) * bytes, (const char*)parts[i] + t * bytes, bytes);
    }
  }
  work->query_starts = guarded_ints(b.query_starts, work->sequences + 1);
  work->rows = (struct rows){joined + bytes, joined + 2 * bytes, 3 * row, work->query_starts};
  check_batch(&b);
  const size_t size = b.tokens * bytes;
  void* first = memcpy(guarded(size, 4), work->out, size);
  work->q = joined;
  work->q_stride = 3 * row;
  work->log_sum = NULL;
  check(attend_all(work) == 0, "attention failed: %s", raised);
  check(memcmp(first, work->out, size) == 0, "queries in joined rows get other results");
}

/** Attention over some keys joined with attention over the others is attention over all. */
static void test_merge(uint64_t seed) {
  case_begin("attention_merge", seed);
  const size_t rows = (size_t)random_int(1, 9), size = (size_t)random_int(1, 16) * 16;
  const bool half = random_bool();
  const struct floats a = random_numbers(rows * size, half), b = random_numbers(rows * size, half);
  float *first = guarded_floats(rows), *second = guarded_floats(rows);
  double* before = calloc(rows * size, sizeof *before);
  double* sums = calloc(rows, sizeof *sums);
  for (size_t i = 0; i < rows * size; i++) before[i] = number_at(a, i);
  for (size_t r = 0; r < rows; r++) {
    first[r] = random_int(0, 4) == 0 ? -5e4f : 10 * random_float();
    second[r] = random_int(0, 4) == 0 && first[r] > -5e4f ? -5e4f : 10 * random_float();
    sums[r] = first[r];
  }
  merge_attention((void*)a.data, first, b.data, second, rows, size, half);
  for (size_t r = 0; r < rows; r++) {
    const double largest = fmax(sums[r], second[r]);
    const double x = exp2(sums[r] - largest), y = exp2(second[r] - largest);
    check(fabs(first[r] - largest - log2(x + y)) < 1e-5 * (1 + fabs(largest)),
          "row %zu: log-sum %g", r, first[r]);
    for (size_t d = 0; d < size; d++) {
      const double expected = (before[r * size + d] * x + number_at(b, r * size + d) * y) / (x + y);
      const double found = number_at(a, r * size + d);
      check(fabs(found - expected) < (half ? 2e-3 : 1e-5) * (1 + fabs(expected)),
            "row %zu: element %zu is %g, not %g", r, d, found, expected);
    }
  }
  free(before);
  free(sums);
}

static void test_append(uint64_t seed) {
  case_begin("kv_append", seed);
  const size_t kv_heads = (size_t)random_int(1, 4), size = (size_t)random_int(1, 8) * 16;
  const size_t tokens = (size_t)random_int(1, 20), elements = 2 * 2 * kv_heads * PAGE * size;
  uint16_t* pages = guarded(elements * 2, 2);
  const uint16_t* k = random_numbers(tokens * kv_heads * size, true).data;
  const uint16_t* v = random_numbers(tokens * kv_heads * size, true).data;
  int32_t* positions = guarded(tokens * 4, 4);
  for (size_t t = 0; t < tokens; t++) positions[t] = random_int(0, 5) == 0 ? -1 : (int32_t)t + 7;
  append_keys(&(struct append){pages, PAGE, kv_heads, size, 2, k, v, positions, tokens});
  size_t written = 0, changed = 0;
  for (size_t i = 0; i < elements; i++) changed += pages[i] != 0xa5a5;
  for (size_t t = 0; t < tokens; t++) {
    for (size_t i = 0; i < kv_heads * size && positions[t] >= 0; i++) {
      const size_t page = (size_t)positions[t] / PAGE, slot = (size_t)positions[t] % PAGE;
      const size_t place = ((page * 2 * kv_heads + i / size) * PAGE + slot) * size + i % size;
      const uint16_t value = pages[place + kv_heads * PAGE * size];
      check(pages[place] == k[t * kv_heads * size + i] && value == v[t * kv_heads * size + i],
            "token %zu is not where it belongs", t);
      written += 2;
    }
  }
  check(changed <= written, "%zu elements changed, %zu are of tokens", changed, written);
}

/** Twice with the same positions, then with others: angles are kept between calls. */
static void test_rotary(uint64_t seed) {
  case_begin("split_rotary", seed);
  const size_t tokens = (size_t)random_int(1, 40), heads = (size_t)random_int(1, 9);
  const size_t kv_heads = (size_t)random_int(1, 4), pairs = (size_t)random_int(1, 64);
  const size_t size = 2 * pairs + (size_t)random_int(0, 20), all = heads + 2 * kv_heads;
  const bool half = random_bool();
  int32_t* positions = guarded(tokens * 4, 4);
  float* frequencies = guarded_floats(pairs);
  for (size_t i = 0; i < pairs; i++) frequencies[i] = powf(1e4f, -(float)i / (float)pairs);
  void* out[3];
  for (int i = 0; i < 3; i++) {
    out[i] = guarded(tokens * (i == 0 ? heads : kv_heads) * size * bytes_of(half), bytes_of(half));
  }
  for (int call = 0; call < 3; call++) {
    for (size_t t = 0; t < tokens && call != 1; t++) positions[t] = random_int(0, 4000);
    const struct floats qkv = random_numbers(tokens * all * size, half);
    const struct rotary work = {qkv.data,  half,        tokens, heads,  kv_heads, size,
                                positions, frequencies, pairs,  out[0], out[1],   out[2]};
    check(split_rotary(&work) == 0, "rotation failed: %s", raised);
    for (size_t i = 0; i < tokens * all * size; i++) {
      const size_t d = i % size, h = i / size % all, t = i / size / all;
      const int kind = h < heads ? 0 : h < heads + kv_heads ? 1 : 2;
      const size_t of = kind == 0 ? heads : kv_heads, from = kind == 0   ? 0
                                                             : kind == 1 ? heads
                                                                         : heads + kv_heads;
      double expected = number_at(qkv, i);
      if (kind < 2 && d < 2 * pairs) {
        const double angle = (double)((float)positions[t] * frequencies[d % pairs]);
        const double other = number_at(qkv, d < pairs ? i + pairs : i - pairs);
        expected = expected * cos(angle) + (d < pairs ? -other : other) * sin(angle);
      }
      const double found =
          number_at((struct floats){out[kind], half}, (t * of + h - from) * size + d);
      check(fabs(found - expected) < (half ? 2e-3 : 1e-5) * (1 + fabs(expected)),
            "token %zu, head %zu: element %zu is %g, not %g", t, h, d, found, expected);
    }
  }
}

void test_attention(uint64_t seed) {
  case_begin("threads", seed);
  pool_threads = random_int(1, 4);
  test_decode(seed);
  test_paged(seed);
  test_ragged(seed);
  test_whole(seed);
  test_merge(seed);
  test_append(seed);
  test_rotary(seed);
}
