#include "carried.h"

#include <stdlib.h>
#include <tvm/ffi/c_api.h>

#include "numbers.h"

void carried_free(struct carried* carried) {
  if (carried == NULL) return;
  free(carried->states);
  free(carried);
}

void carried_reset(struct scratch* scratch) {
  if (scratch->carried == NULL) return;
  scratch->carried->parts = 0;
  scratch->carried->fresh.q = NULL;
}

static int fail(const char* kind, const char* problem) {
  TVMFFIErrorSetRaisedFromCStr(kind, problem);
  return -1;
}

size_t tokens_of(const struct attention* work) {
  return work->query_starts == NULL ? work->sequences : (size_t)work->query_starts[work->sequences];
}

/**
 * Whether a call over pages belongs to the calls that are remembered. Without new tokens in rows
 * its result goes elsewhere than that of the first part, with which it is merged.
 */
static bool goes_on(const struct carried* carried, const struct attention* work) {
  if (carried->fresh.q != NULL) return carried->fresh.q == work->q;
  const struct attention* first = &carried->part[0];
  return carried->parts == 0 ||
         (first->q == work->q && first->pages.data == work->pages.data && first->out != work->out);
}

static int add_part(struct scratch* scratch, const struct attention* work) {
  struct carried* carried = scratch->carried;
  if (!goes_on(carried, work)) carried_reset(scratch);
  if (work->causal) return fail("ValueError", "in a phase all queries see all keys in pages");
  if (carried->parts == MOST_PARTS) return fail("ValueError", "a sequence has too many parts");
  carried->part[carried->parts++] = *work;
  if (carried->parts > 1) return 0;
  const size_t size = state_size(work->heads / work->kv_heads, work->size);
  const size_t numbers = tokens_of(work) * work->kv_heads * size;
  if (numbers <= carried->numbers) return 0;
  free(carried->states);
  carried->states = aligned_alloc(64, numbers * sizeof *carried->states);
  carried->numbers = carried->states == NULL ? 0 : numbers;
  return carried->states == NULL ? fail("RuntimeError", "no memory for attention") : 0;
}

int carried_add(struct scratch* scratch, const struct attention* work, struct attention* whole) {
  if (scratch->carried == NULL) scratch->carried = calloc(1, sizeof *scratch->carried);
  struct carried* carried = scratch->carried;
  if (carried == NULL) return fail("RuntimeError", "no memory for attention");
  *whole = *work;
  whole->carried = carried;
  if (work->pages.data == NULL) {
    carried_reset(scratch);
    carried->fresh = *work;
  } else {
    if (add_part(scratch, work) != 0) return -1;
    // A part may be shared by the queries of several sequences.
    const struct attention* fresh = &carried->fresh;
    whole->sequences = fresh->q != NULL ? fresh->sequences : tokens_of(work);
    whole->query_starts = fresh->q != NULL ? fresh->query_starts : NULL;
    whole->causal = fresh->q != NULL;
  }
  const bool one_each = tokens_of(whole) == whole->sequences;
  if (scratch->phase == PHASE_DECODE && one_each) whole->query_starts = NULL;
  return 0;
}

struct range queries_of(const struct attention* work, size_t sequence) {
  if (work->query_starts == NULL) return (struct range){sequence, sequence + 1};
  return (struct range){(size_t)work->query_starts[sequence],
                        (size_t)work->query_starts[sequence + 1]};
}

static size_t keys_in_pages(const struct pages* pages, size_t entry) {
  const int32_t count = pages->starts[entry + 1] - pages->starts[entry];
  if (count == 0) return 0;
  return (size_t)(count - 1) * pages->page_size + (size_t)pages->last_page_lengths[entry];
}

/** The place of a token's sequence among those of a call. */
static size_t entry_of(const struct attention* call, size_t token) {
  if (call->query_starts == NULL) return token;
  size_t entry = 0;
  while ((size_t)call->query_starts[entry + 1] <= token) entry++;
  return entry;
}

static void put_pages(struct context* context, const struct pages* pages, size_t entry) {
  const size_t keys = keys_in_pages(pages, entry);
  context->taken = context->paged;
  context->paged += keys;
  context->part[context->parts].pages = pages;
  context->part[context->parts].entry = entry;
  context->part[context->parts++].keys = keys;
}

struct context context_of(const struct attention* work, size_t sequence) {
  struct context context;
  const struct carried* carried = work->carried;
  context.parts = context.paged = context.taken = 0;
  const struct rows* rows = &work->rows;
  if (carried == NULL) {
    if (work->pages.data != NULL) put_pages(&context, &work->pages, sequence);
  } else {
    const size_t token = queries_of(work, sequence).first;
    for (size_t i = 0; i < carried->parts; i++) {
      put_pages(&context, &carried->part[i].pages, entry_of(&carried->part[i], token));
    }
    rows = &carried->fresh.rows;
    if (carried->fresh.q == NULL) rows = NULL;
  }
  context.rows = rows;
  context.keys = context.paged;
  if (rows == NULL || rows->keys == NULL) return context;
  context.first_row = (size_t)rows->starts[sequence];
  context.keys += (size_t)rows->starts[sequence + 1] - context.first_row;
  return context;
}

struct context context_of_token(const struct attention* work, size_t token) {
  const size_t sequence = entry_of(work, token);
  struct context context = context_of(work, sequence);
  if (work->causal) context.keys -= queries_of(work, sequence).last - 1 - token;
  return context;
}

/** Places the rows of `count` keys and values, `step` bytes apart, behind those of a tile. */
static void place_keys(struct keys* keys, size_t count, const uint8_t* key, const uint8_t* value,
                       size_t step) {
  for (size_t i = 0; i < count; i++) {
    keys->key[keys->count + i] = key + i * step;
    keys->value[keys->count + i] = value + i * step;
  }
  keys->count += count;
}

static void find_in_pages(const struct attention* work, const struct pages* pages, size_t entry,
                          size_t head, size_t first, size_t count, struct keys* keys) {
  const size_t page_size = pages->page_size, bytes = work->size * (work->half ? 2 : 4);
  const int32_t* page = pages->indices + pages->starts[entry] + first / page_size;
  for (size_t slot = first % page_size; count > 0; page++, slot = 0) {
    const size_t here = least(page_size - slot, count);
    const size_t row = ((size_t)*page * 2 * work->kv_heads + head) * page_size + slot;
    const uint8_t* key = (const uint8_t*)pages->data + row * bytes;
    place_keys(keys, here, key, key + work->kv_heads * page_size * bytes, bytes);
    count -= here;
  }
}

void find_keys(const struct attention* work, const struct context* context, size_t head,
               size_t first, size_t count, struct keys* keys) {
  const size_t bytes = work->size * (work->half ? 2 : 4);
  keys->half = work->half;
  keys->size = work->size;
  keys->count = 0;
  for (size_t i = 0; i < context->parts && count > 0; i++) {
    if (first >= context->part[i].keys) {
      first -= context->part[i].keys;
      continue;
    }
    const size_t here = least(context->part[i].keys - first, count);
    find_in_pages(work, context->part[i].pages, context->part[i].entry, head, first, here, keys);
    first = 0;
    count -= here;
  }
  if (count == 0) return;
  const struct rows* rows = context->rows;
  const size_t step = rows->stride * (work->half ? 2 : 4);
  const size_t at = (context->first_row + first) * step + head * bytes;
  place_keys(keys, count, (const uint8_t*)rows->keys + at, (const uint8_t*)rows->values + at, step);
}
