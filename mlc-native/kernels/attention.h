/** Attention over TVM's paged KV cache and over rows that are not in it yet. */
#ifndef MLC_KERNELS_ATTENTION_H_
#define MLC_KERNELS_ATTENTION_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Pages `[pages][2][kv_heads][page_size][size]`: keys, then values. */
struct pages {
  const void* data;
  size_t page_size;
  /** `[sequences + 1]`: where each sequence's pages begin in `indices`. */
  const int32_t* starts;
  const int32_t* indices;
  /** `[sequences]`: keys in a sequence's last page. */
  const int32_t* last_page_lengths;
};

/** Keys and values `[tokens][kv_heads][size]`, each token's `stride` elements after the last's. */
struct rows {
  const void* keys;
  const void* values;
  size_t stride;
  /** `[sequences + 1]` */
  const int32_t* starts;
};

/**
 * Softmax attention of queries `[tokens][heads][size]`. `heads / kv_heads` neighbouring heads share
 * keys. A query without keys gets zeros and a log-sum-exp of -5e4.
 */
struct attention {
  const void* q;
  bool half;
  size_t heads;
  size_t kv_heads;
  size_t size;
  /** Elements from one token's queries to the next one's. */
  size_t q_stride;
  size_t sequences;
  /** `[sequences + 1]`: where each sequence's queries begin; NULL for one each. */
  const int32_t* query_starts;
  /** Whether the last query sees all keys, the one before it one less, and so on. */
  bool causal;
  /** Factor of the scores. */
  float scale;
  /** Keys and values: in pages, or in rows if `pages.data` is NULL. */
  struct pages pages;
  struct rows rows;
  /** `[tokens][heads][size]`, of the queries' type. */
  void* out;
  /** `[tokens][heads]`: the logarithm, base 2, of the sum of `2^(score * log2(e))`; or NULL. */
  float* log_sum;
  /** The layer's calls so far, in a phase; NULL where this call's keys are all that count. */
  const struct carried* carried;
};

/**
 * Each returns 0, or -1 with TVM's error set. In a phase, a call over pages goes on from the calls
 * before it for the same layer: its result is that over their keys and its own, and takes the place
 * of theirs when it is merged with them.
 */
int attend_all(const struct attention* attention);

/** Joins two results over different keys into the first. `[tokens * heads]` rows. */
int merge_attention(void* out, float* log_sum, const void* other, const float* other_log_sum,
                    size_t rows, size_t size, bool half);

/** Copies `[tokens][kv_heads][size]` keys and values to the places `positions`; -1 is skipped. */
struct append {
  void* pages;
  size_t page_size;
  size_t kv_heads;
  size_t size;
  size_t element_bytes;
  const void *k, *v;
  const int32_t* positions;
  size_t tokens;
};

int append_keys(const struct append* append);

#endif
