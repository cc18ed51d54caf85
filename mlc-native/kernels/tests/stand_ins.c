/** Stand-ins for TVM's runtime and for the scratch memory, which here is guarded as well. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <tvm/ffi/c_api.h>

#include "rotary.h"
#include "scratch.h"
#include "support.h"

int pool_threads = 1;
const char* raised;

void TVMFFIErrorSetRaisedFromCStr(const char* kind, const char* message) {
  (void)kind;
  raised = message;
}

struct parallel_environment {
  void* sync_handle;
  int32_t num_task;
};

struct member {
  pthread_t thread;
  int (*task)(int, struct parallel_environment*, void*);
  void* data;
  int number;
  struct parallel_environment environment;
};

static void* run(void* pointer) {
  struct member* member = pointer;
  member->task(member->number, &member->environment, member->data);
  return NULL;
}

int TVMBackendParallelLaunch(int (*task)(int, struct parallel_environment*, void*), void* data,
                             int tasks);

int TVMBackendParallelLaunch(int (*task)(int, struct parallel_environment*, void*), void* data,
                             int tasks) {
  struct member members[64];
  const int count = tasks == 0 ? pool_threads : tasks;
  for (int i = 0; i < count; i++) {
    members[i] =
        (struct member){.task = task, .data = data, .number = i, .environment = {0, count}};
    if (i > 0) pthread_create(&members[i].thread, NULL, run, &members[i]);
  }
  run(&members[0]);
  for (int i = 1; i < count; i++) pthread_join(members[i].thread, NULL);
  return 0;
}

struct scratch* scratch_of_thread(void) {
  static struct scratch scratch;
  if (scratch.threads != pool_threads) scratch.threads = pool_threads;
  return &scratch;
}

int scratch_reserve(struct scratch* scratch, size_t size) {
  scratch->used = 0;
  scratch->size = size;
  return 0;
}

void* scratch_take(struct scratch* scratch, size_t size) {
  scratch->used += scratch_padded(size);
  check(scratch->used <= scratch_padded(scratch->size), "%zu bytes of scratch taken, %zu reserved",
        scratch->used, scratch->size);
  return guarded(scratch_padded(size), 64);
}
