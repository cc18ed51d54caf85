/** What the two kinds of attention share: queries, states of the softmax, and results. */
#ifndef MLC_KERNELS_ATTENDED_H_
#define MLC_KERNELS_ATTENDED_H_

#include "carried.h"

/** The log-sum-exp of a query without keys. */
static const float NO_KEYS = -5e4f;

/** Queries that take keys in floats, split by place: those of a decode. 0, or -1 with TVM's error
 * set. */
int attend_decode(const struct attention* work);

/** Queries in tiles: those of a prefill. 0, or -1 with TVM's error set. */
int attend_prefill(const struct attention* work);

/** The queries of the heads that share a key head, scaled to base 2. */
void read_queries(const struct attention* work, size_t token, size_t head, float* to);

/** Writes the results of the heads that share a key head; changes `state`. */
void write_results(const struct attention* work, size_t token, size_t head, struct attended state);

/** Says that a call has no result for a token's heads, so that a merge changes nothing. */
void write_nothing(const struct attention* work, size_t token, size_t head);

void clear_state(struct attended state, size_t rows, size_t size);

/** The state that lies in `state_size(rows, size)` numbers. */
static inline struct attended state_at(float* place, size_t rows, size_t size) {
  return (struct attended){place + rows * size, place + rows * size + rows, place};
}

/** Whether a call adds nothing to what earlier ones of the layer have made of a sequence. */
static inline bool adds_nothing(const struct attention* work, const struct context* context) {
  return work->carried != NULL && work->carried->parts > 1 && context->taken == context->paged;
}

/** -1, with TVM's error set. */
int no_memory_for_attention(void);

#endif
