/** The functions that TVM's KV cache calls, and attention without one; see docs/kernels.md. */
#include "attention.h"
#include "functions.h"
#include "isa.h"

enum {
  /** Heads that share a key head. */
  LARGEST_GROUP = 32,
  /** Vectors of every instruction set divide a head's size. */
  HEAD_UNIT = 16
};

FUNCTION(append) {
  (void)self, (void)result;
  struct arguments all = arguments_start("mlc.cpu.kv_append", values, count);
  struct tensor pages = read_numbers(&all), k = read_numbers(&all), v = read_numbers(&all);
  struct tensor positions = read_int32s(&all);
  if (!all.failed && (pages.dims != 5 || k.dims != 3)) {
    arguments_fail(&all, "follows pages or keys of other dimensions");
  }
  if (arguments_end(&all) != 0) return -1;
  const bool fits = pages.shape[1] == 2 &&
                    has_shape(k, k.shape[0], pages.shape[2], pages.shape[4]) &&
                    has_shape(v, k.shape[0], pages.shape[2], pages.shape[4]) &&
                    k.dtype.bits == pages.dtype.bits && v.dtype.bits == pages.dtype.bits;
  require(&all, fits, "follows keys and values that do not fit the pages");
  require(&all, (int64_t)size_of(positions) >= k.shape[0], "has too few positions");
  if (all.failed) return -1;
  const struct append work = {
      .pages = pages.data,
      .page_size = (size_t)pages.shape[3],
      .kv_heads = (size_t)k.shape[1],
      .size = (size_t)k.shape[2],
      .element_bytes = k.dtype.bits / 8u,
      .k = k.data,
      .v = v.data,
      .positions = positions.data,
      .tokens = (size_t)k.shape[0],
  };
  return append_keys(&work);
}

/** Sets the queries, and checks what all kinds of attention have in common. */
static void set_queries(struct arguments* all, struct attention* work, struct tensor q,
                        int64_t kv_heads, int64_t size) {
  if (all->failed) return;
  if (q.dims != 3 || kv_heads <= 0 || q.shape[1] % kv_heads != 0 || q.shape[2] != size) {
    arguments_fail(all, "follows queries that do not fit the keys");
    return;
  }
  require(all, q.shape[1] / kv_heads <= LARGEST_GROUP, "follows too many heads for each key head");
  require(all, size <= HEAD_SIZE && size % HEAD_UNIT == 0,
          "follows heads whose size is not a multiple of 16 up to 256");
  work->q = q.data;
  work->half = is_half(q);
  work->heads = (size_t)q.shape[1];
  work->kv_heads = (size_t)kv_heads;
  work->size = (size_t)size;
  work->q_stride = work->heads * work->size;
}

static void set_pages(struct arguments* all, struct attention* work, struct tensor q,
                      struct tensor pages, struct tensor starts, struct tensor indices,
                      struct tensor lengths) {
  if (!all->failed && (pages.dims != 5 || starts.dims != 1 || pages.shape[1] != 2)) {
    arguments_fail(all, "follows pages of other dimensions");
  }
  if (all->failed) return;
  set_queries(all, work, q, pages.shape[2], pages.shape[4]);
  require(all, pages.dtype.bits == q.dtype.bits, "follows pages of another type than the queries");
  work->sequences = (size_t)starts.shape[0] - 1;
  work->pages = (struct pages){.data = pages.data,
                               .page_size = (size_t)pages.shape[3],
                               .starts = starts.data,
                               .indices = indices.data,
                               .last_page_lengths = lengths.data};
}

/** Reads outputs, `causal` if there is one, the rotary arguments and the scale. */
static void read_rest(struct arguments* all, struct attention* work, struct tensor out,
                      struct tensor log_sum, bool has_causal) {
  work->out = out.data;
  work->log_sum = log_sum.data;
  work->causal = has_causal && read_int(all) != 0;
  require(all, read_int(all) == 0, "asks for positions that are rotated during attention");
  read_float(all);
  read_float(all);
  work->scale = (float)read_float(all);
}

FUNCTION(attention_decode) {
  (void)self, (void)result;
  struct arguments all = arguments_start("mlc.cpu.attention_decode", values, count);
  struct tensor q = read_numbers(&all), pages = read_numbers(&all);
  struct tensor starts = read_int32s(&all), indices = read_int32s(&all);
  struct tensor lengths = read_int32s(&all);
  read_int32s(&all);
  read_int32s(&all);
  struct tensor out = read_numbers(&all), log_sum = read_float32s(&all);
  struct attention work = {0};
  set_pages(&all, &work, q, pages, starts, indices, lengths);
  read_rest(&all, &work, out, log_sum, false);
  require(&all, all.failed || (size_t)q.shape[0] == work.sequences,
          "follows queries that are not one for each sequence");
  return arguments_end(&all) != 0 ? -1 : attend_all(&work);
}

FUNCTION(attention_paged) {
  (void)self, (void)result;
  struct arguments all = arguments_start("mlc.cpu.attention_paged", values, count);
  struct tensor q = read_numbers(&all), query_starts = read_int32s(&all);
  struct tensor pages = read_numbers(&all), starts = read_int32s(&all);
  struct tensor indices = read_int32s(&all), lengths = read_int32s(&all);
  read_int32s(&all);
  read_int32s(&all);
  struct tensor out = read_numbers(&all), log_sum = read_float32s(&all);
  struct attention work = {.query_starts = query_starts.data};
  set_pages(&all, &work, q, pages, starts, indices, lengths);
  read_rest(&all, &work, out, log_sum, true);
  return arguments_end(&all) != 0 ? -1 : attend_all(&work);
}

FUNCTION(attention_ragged) {
  (void)self, (void)result;
  struct arguments all = arguments_start("mlc.cpu.attention_ragged", values, count);
  struct tensor q = read_numbers(&all), query_starts = read_int32s(&all);
  struct tensor k = read_numbers(&all), v = read_numbers(&all), starts = read_int32s(&all);
  read_int32s(&all);
  read_int32s(&all);
  struct tensor out = read_numbers(&all), log_sum = read_float32s(&all);
  struct attention work = {.query_starts = query_starts.data};
  if (!all.failed && (k.dims != 3 || v.dims != 3 || starts.dims != 1)) {
    arguments_fail(&all, "follows keys of other dimensions");
  }
  if (!all.failed) {
    set_queries(&all, &work, q, k.shape[1], k.shape[2]);
    require(&all, k.dtype.bits == q.dtype.bits && v.dtype.bits == q.dtype.bits,
            "follows keys of another type than the queries");
    work.sequences = (size_t)starts.shape[0] - 1;
    work.rows = (struct rows){k.data, v.data, work.kv_heads * work.size, starts.data};
  }
  read_rest(&all, &work, out, log_sum, true);
  return arguments_end(&all) != 0 ? -1 : attend_all(&work);
}

/** Whether the starts of sequences never fall and stay within the tokens. */
static bool starts_fit(const int32_t* starts, int64_t count, int64_t tokens) {
  if (starts[0] < 0 || starts[count - 1] > tokens) return false;
  for (int64_t i = 1; i < count; i++) {
    if (starts[i] < starts[i - 1]) return false;
  }
  return true;
}

FUNCTION(attention_whole) {
  (void)self, (void)result;
  struct arguments all = arguments_start("mlc.cpu.attention_whole", values, count);
  struct tensor qkv = read_numbers(&all), starts = read_int32s(&all);
  const float scale = (float)read_float(&all);
  struct tensor out = read_numbers(&all);
  if (!all.failed &&
      (qkv.dims != 3 || qkv.shape[1] % 3 != 0 || starts.dims != 1 || starts.shape[0] < 1)) {
    arguments_fail(&all, "follows rows or starts of other dimensions");
  }
  if (arguments_end(&all) != 0) return -1;
  const int64_t tokens = qkv.shape[0], heads = qkv.shape[1] / 3, size = qkv.shape[2];
  struct attention work = {.query_starts = starts.data, .scale = scale, .out = out.data};
  const bool fits = has_shape(out, tokens, heads, size) && is_half(out) == is_half(qkv);
  require(&all, fits, "has another shape or type than the queries");
  require(&all, starts_fit(starts.data, starts.shape[0], tokens),
          "follows starts that fall, or lie outside the rows");
  struct tensor q = qkv;
  const int64_t shape[] = {tokens, heads, size};
  q.shape = shape;
  set_queries(&all, &work, q, heads, size);
  if (all.failed) return -1;
  const size_t row = work.heads * work.size, bytes = is_half(qkv) ? 2 : 4;
  const char* keys = (const char*)qkv.data + row * bytes;
  work.q_stride = 3 * row;
  work.sequences = (size_t)starts.shape[0] - 1;
  work.rows = (struct rows){keys, keys + row * bytes, 3 * row, starts.data};
  return attend_all(&work);
}

FUNCTION(attention_merge) {
  (void)self, (void)result;
  struct arguments all = arguments_start("mlc.cpu.attention_merge", values, count);
  struct tensor out = read_numbers(&all), log_sum = read_float32s(&all);
  struct tensor other = read_numbers(&all), other_log_sum = read_float32s(&all);
  require(&all, size_of(out) == size_of(other) && out.dtype.bits == other.dtype.bits,
          "follows results of different shapes");
  require(&all, columns_of(out) <= HEAD_SIZE && rows_of(out) == size_of(log_sum),
          "follows results that do not fit their sums");
  if (arguments_end(&all) != 0) return -1;
  return merge_attention(out.data, log_sum.data, other.data, other_log_sum.data, rows_of(out),
                         columns_of(out), is_half(out));
}
