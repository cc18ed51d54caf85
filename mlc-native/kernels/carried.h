/**
 * Where the keys of a sequence lie, and what a layer's attention has made of them so far.
 *
 * TVM's paged KV cache calls attention several times for a layer: for the new tokens, and for each
 * part of the sequences that others may share. Results of parts, joined, have other bits than one
 * result over all keys. So in a phase the state of the softmax is carried from call to call: each
 * call goes on where whole tiles of keys ended, and writes the result over all keys so far. Tiles
 * begin at multiples of their size in a sequence, whatever part its keys lie in.
 */
#ifndef MLC_KERNELS_CARRIED_H_
#define MLC_KERNELS_CARRIED_H_

#include "attention.h"
#include "isa.h"
#include "scratch.h"
#include "team.h"

/** Parts of a sequence in pages; TVM makes no more than two. */
enum { MOST_PARTS = 4 };

struct carried {
  /** The calls over pages for the current layer, the last of them the current one. */
  size_t parts;
  struct attention part[MOST_PARTS];
  /** The call over rows that came before them; `q` is NULL without one. */
  struct attention fresh;
  /** `[tokens][kv_heads]` states, padded, of whole tiles or splits of the keys in parts. */
  float* states;
  size_t numbers;
};

/** The keys of one sequence, in order: those of parts in pages, then those in rows. */
struct context {
  size_t parts;
  struct {
    const struct pages* pages;
    /** The sequence's place among those of the part. */
    size_t entry;
    size_t keys;
  } part[MOST_PARTS];
  const struct rows* rows;
  size_t first_row;
  /** Keys in pages, those among them that earlier calls have taken, and keys in all. */
  size_t paged;
  size_t taken;
  size_t keys;
};

void carried_free(struct carried* carried);

/** Forgets the calls for a layer. */
void carried_reset(struct scratch* scratch);

/**
 * Takes a call in a phase into the layer's calls. `whole` becomes the attention of all sequences
 * over all keys so far. Returns 0, or -1 with TVM's error set.
 */
int carried_add(struct scratch* scratch, const struct attention* work, struct attention* whole);

/** The state of a token's query rows for a key head. */
static inline float* carried_state(const struct attention* work, size_t token, size_t head,
                                   size_t state_size) {
  return work->carried->states + (token * work->kv_heads + head) * state_size;
}

/** Numbers of memory for a state of `rows` rows. */
static inline size_t state_size(size_t rows, size_t size) {
  return scratch_padded(rows * (size + 2) * 4) / 4;
}

struct range queries_of(const struct attention* work, size_t sequence);

struct context context_of(const struct attention* work, size_t sequence);

/** The keys that a token of a causal call sees: of the new ones of its sequence, those up to it. */
struct context context_of_token(const struct attention* work, size_t token);

/** How many tokens a call has. */
size_t tokens_of(const struct attention* work);

/** Finds the keys `first..first + count` of a context's head. */
void find_keys(const struct attention* work, const struct context* context, size_t head,
               size_t first, size_t count, struct keys* keys);

#endif
