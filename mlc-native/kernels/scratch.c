#include "scratch.h"

#include <pthread.h>
#include <stdlib.h>

#include "carried.h"
#include "rotary.h"
#include "team.h"

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local struct scratch* mine;

static void free_scratch(void* pointer) {
  struct scratch* scratch = pointer;
  pool_free(scratch->pool);
  rotations_free(scratch->rotations);
  carried_free(scratch->carried);
  free(scratch->data);
  free(scratch);
}

static void make_key(void) { pthread_key_create(&key, free_scratch); }

struct scratch* scratch_of_thread(void) {
  if (mine == NULL) {
    pthread_once(&once, make_key);
    mine = calloc(1, sizeof *mine);
    if (mine == NULL) abort();
    pthread_setspecific(key, mine);
  }
  return mine;
}

int scratch_reserve(struct scratch* scratch, size_t size) {
  scratch->used = 0;
  if (size <= scratch->size) return 0;
  free(scratch->data);
  scratch->size = 0;
  scratch->data = aligned_alloc(64, scratch_padded(size));
  if (scratch->data == NULL) return -1;
  scratch->size = size;
  return 0;
}

void* scratch_take(struct scratch* scratch, size_t size) {
  void* taken = scratch->data + scratch->used;
  scratch->used += scratch_padded(size);
  return taken;
}
