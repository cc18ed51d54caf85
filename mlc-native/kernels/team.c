#define _GNU_SOURCE
#include "team.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <tvm/ffi/c_api.h>
#include <unistd.h>

#include "scratch.h"

struct parallel_environment {
  void* sync_handle;
  int32_t num_task;
};

/** Of TVM's runtime: runs `task` once on each thread of the pool; 0 tasks stand for all threads. */
int TVMBackendParallelLaunch(int (*task)(int task_id, struct parallel_environment*, void* cdata),
                             void* cdata, int num_task);

/** Rounds of waiting before a thread sleeps: about as long as anything takes between two jobs. */
enum { SPINS = 4000 };

struct pool {
  struct team team;
  team_job job;
  void* context;
  /** Jobs that were posted. */
  struct signal posted;
  /** Jobs that all threads but the calling one have finished. */
  struct signal finished;
  atomic_int running;
  bool ends;
  int threads;
  pthread_t thread[];
};

/** What a thread of a pool is started with. */
struct start {
  struct pool* pool;
  int member;
};

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

static void wait_for_change(struct signal* signal, unsigned number) {
  for (int i = 0; i < SPINS; i++) {
    if (atomic_load_explicit(&signal->number, memory_order_acquire) != number) return;
    pause_briefly();
  }
  // Whoever changes the number looks for sleepers after it, so none is missed.
  atomic_fetch_add(&signal->sleepers, 1);
  while (atomic_load(&signal->number) == number) {
    syscall(SYS_futex, &signal->number, FUTEX_WAIT_PRIVATE, number, NULL, NULL, 0);
  }
  atomic_fetch_sub(&signal->sleepers, 1);
}

static void change(struct signal* signal) {
  atomic_fetch_add(&signal->number, 1);
  if (atomic_load(&signal->sleepers) > 0) {
    syscall(SYS_futex, &signal->number, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
  }
}

static void* work(void* argument) {
  const struct start start = *(struct start*)argument;
  free(argument);
  struct pool* pool = start.pool;
  for (unsigned jobs = 0;; jobs++) {
    wait_for_change(&pool->posted, jobs);
    if (pool->ends) return NULL;
    pool->job(&pool->team, start.member, pool->context);
    if (atomic_fetch_sub(&pool->running, 1) == 1) change(&pool->finished);
  }
}

static bool start_thread(struct pool* pool, int member) {
  struct start* start = malloc(sizeof *start);
  if (start == NULL) return false;
  *start = (struct start){pool, member};
  if (pthread_create(&pool->thread[pool->threads], NULL, work, start) != 0) {
    free(start);
    return false;
  }
  pool->threads++;
  return true;
}

static struct pool* pool_make(int size) {
  struct pool* pool =
      aligned_alloc(64, (sizeof(struct pool) + (size_t)size * sizeof(pthread_t) + 63) / 64 * 64);
  if (pool == NULL) return NULL;
  *pool = (struct pool){.team = {.size = size}};
  // The process's signals are for its own threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool started = true;
  for (int member = 1; member < size && started; member++) started = start_thread(pool, member);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (started) return pool;
  pool_free(pool);
  return NULL;
}

void pool_free(struct pool* pool) {
  if (pool == NULL) return;
  pool->ends = true;
  change(&pool->posted);
  for (int i = 0; i < pool->threads; i++) pthread_join(pool->thread[i], NULL);
  free(pool);
}

/** The calling thread's pool of a size; NULL if its threads cannot be started. */
static struct pool* pool_of_thread(int size) {
  struct scratch* scratch = scratch_of_thread();
  if (scratch->pool != NULL && scratch->pool->team.size != size) {
    pool_free(scratch->pool);
    scratch->pool = NULL;
  }
  if (scratch->pool == NULL) scratch->pool = pool_make(size);
  return scratch->pool;
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
  const int size = team_threads();
  if (size == 1) {
    team_run_alone(job, context);
    return 0;
  }
  struct pool* pool = pool_of_thread(size);
  if (pool == NULL) {
    TVMFFIErrorSetRaisedFromCStr("RuntimeError", "the CPU kernels cannot start their threads");
    return -1;
  }
  const unsigned finished = atomic_load(&pool->finished.number);
  pool->job = job;
  pool->context = context;
  atomic_store(&pool->team.next, 0);
  atomic_store(&pool->running, size - 1);
  change(&pool->posted);
  job(&pool->team, 0, context);
  wait_for_change(&pool->finished, finished);
  return 0;
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
  const unsigned phase = atomic_load_explicit(&team->phase.number, memory_order_relaxed);
  if (atomic_fetch_add(&team->arrived, 1) < team->size - 1) {
    wait_for_change(&team->phase, phase);
    return;
  }
  atomic_store_explicit(&team->arrived, 0, memory_order_relaxed);
  atomic_store_explicit(&team->next, 0, memory_order_relaxed);
  change(&team->phase);
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
