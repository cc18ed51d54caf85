#include "team.h"

#include <sched.h>
#include <stdint.h>
#include <tvm/ffi/c_api.h>

#include "scratch.h"

struct parallel_environment {
  void* sync_handle;
  int32_t num_task;
};

/** Of TVM's runtime: runs `task` once on each thread of the pool; 0 tasks stand for all threads. */
int TVMBackendParallelLaunch(int (*task)(int task_id, struct parallel_environment*, void* cdata),
                             void* cdata, int num_task);

/** Rounds of waiting before a thread gives its processor away: some tens of microseconds. */
enum { SPINS = 2000 };

struct launch {
  team_job job;
  void* context;
  struct team team;
};

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

static int run_member(int member, struct parallel_environment* environment, void* data) {
  struct launch* launch = data;
  (void)environment;
  launch->job(&launch->team, member, launch->context);
  return 0;
}

static int count_member(int member, struct parallel_environment* environment, void* data) {
  if (member == 0) *(int*)data = environment->num_task;
  return 0;
}

int team_threads(void) {
  struct scratch* scratch = scratch_of_thread();
  if (scratch->threads == 0) TVMBackendParallelLaunch(count_member, &scratch->threads, 0);
  return scratch->threads;
}

int team_run(team_job job, void* context) {
  struct launch launch = {.job = job, .context = context, .team = {.size = team_threads()}};
  if (launch.team.size == 1) {
    job(&launch.team, 0, context);
    return 0;
  }
  return TVMBackendParallelLaunch(run_member, &launch, launch.team.size);
}

void team_run_alone(team_job job, void* context) {
  struct team team = {.size = 1};
  job(&team, 0, context);
}

void team_barrier(struct team* team) {
  if (team->size == 1) {
    atomic_store_explicit(&team->next, 0, memory_order_relaxed);
    return;
  }
  unsigned phase = atomic_load_explicit(&team->phase, memory_order_relaxed);
  if (atomic_fetch_add_explicit(&team->arrived, 1, memory_order_acq_rel) == team->size - 1) {
    atomic_store_explicit(&team->arrived, 0, memory_order_relaxed);
    atomic_store_explicit(&team->next, 0, memory_order_relaxed);
    atomic_store_explicit(&team->phase, phase + 1, memory_order_release);
    return;
  }
  int spins = 0;
  while (atomic_load_explicit(&team->phase, memory_order_acquire) == phase) {
    if (++spins < SPINS) {
      pause_briefly();
    } else {
      sched_yield();
    }
  }
}

size_t team_claim(struct team* team) {
  return atomic_fetch_add_explicit(&team->next, 1, memory_order_relaxed);
}

struct range team_share(const struct team* team, int member, size_t count, size_t unit) {
  size_t units = (count + unit - 1) / unit;
  size_t first = units * (size_t)member / (size_t)team->size * unit;
  size_t last = units * ((size_t)member + 1) / (size_t)team->size * unit;
  return (struct range){first < count ? first : count, last < count ? last : count};
}
