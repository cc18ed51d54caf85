#define _GNU_SOURCE
#include "team.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
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

enum {
  /** Rounds of waiting before a thread sleeps: about as long as anything takes between two jobs. */
  SPINS = 4000,
  /** For how long the calling thread works alone after a member was late, in nanoseconds. */
  LEAST_RETREAT = 250000,
  MOST_RETREAT = 32000000,
  /** How soon after a retreat a member is late again at least if its processor is shared. */
  REPEAT = 3000000
};

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

/** Whether this thread has lost its processor to another since the last call. */
static bool was_preempted(void) {
  static _Thread_local long seen;
  struct rusage usage;
  if (getrusage(RUSAGE_THREAD, &usage) != 0) return false;
  const bool more = usage.ru_nivcsw > seen;
  seen = usage.ru_nivcsw;
  return more;
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/** For the member that the others wait for on a signal: lets the team retreat if it is to blame. */
static void account_for_lateness(struct signal* signal, struct retreat* retreat) {
  if (atomic_load(&signal->sleepers) == 0 || !was_preempted()) return;
  const int64_t time = now();
  const int64_t soon = 2 * retreat->length > REPEAT ? 2 * retreat->length : REPEAT;
  const bool repeats = time - retreat->end < soon;
  retreat->length = repeats ? 2 * retreat->length : LEAST_RETREAT;
  if (retreat->length > MOST_RETREAT) retreat->length = MOST_RETREAT;
  retreat->end = time + retreat->length;
}

static void* work(void* argument) {
  const struct start start = *(struct start*)argument;
  free(argument);
  struct pool* pool = start.pool;
  for (unsigned jobs = 0;; jobs++) {
    wait_for_change(&pool->posted, jobs);
    if (pool->ends) return NULL;
    pool->job(&pool->team, start.member, pool->context);
    if (atomic_fetch_sub(&pool->running, 1) == 1) {
      account_for_lateness(&pool->finished, &pool->team.retreat);
      change(&pool->finished);
    }
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
  struct claims* claims = aligned_alloc(64, (size_t)size * sizeof *claims);
  if (pool == NULL || claims == NULL) {
    free(pool);
    free(claims);
    return NULL;
  }
  *pool = (struct pool){.team = {.size = size, .claims = claims}};
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
  free(pool->team.claims);
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

void team_use_threads(int threads) { scratch_of_thread()->threads = threads; }

int team_threads(void) {
  struct scratch* scratch = scratch_of_thread();
  if (scratch->threads == 0) TVMBackendParallelLaunch(count_member, &scratch->threads, 0);
  return scratch->threads;
}

/** Before a stage, while no member claims. */
static void unclaim(struct team* team) {
  for (int i = 0; i < team->size; i++) {
    atomic_store_explicit(&team->claims[i].taken, 0, memory_order_relaxed);
  }
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
  if (pool->team.retreat.end > 0 && now() < pool->team.retreat.end) {
    team_run_alone(job, context);
    return 0;
  }
  const unsigned finished = atomic_load(&pool->finished.number);
  pool->job = job;
  pool->context = context;
  unclaim(&pool->team);
  atomic_store(&pool->running, size - 1);
  change(&pool->posted);
  job(&pool->team, 0, context);
  wait_for_change(&pool->finished, finished);
  return 0;
}

void team_run_alone(team_job job, void* context) {
  struct claims claims = {0};
  struct team team = {.size = 1, .claims = &claims};
  job(&team, 0, context);
}

void team_barrier(struct team* team) {
  if (team->size == 1) {
    unclaim(team);
    return;
  }
  const unsigned phase = atomic_load_explicit(&team->phase.number, memory_order_relaxed);
  if (atomic_fetch_add(&team->arrived, 1) < team->size - 1) {
    wait_for_change(&team->phase, phase);
    return;
  }
  atomic_store_explicit(&team->arrived, 0, memory_order_relaxed);
  unclaim(team);
  account_for_lateness(&team->phase, &team->retreat);
  change(&team->phase);
}

/** Claims a part of one member's share from the front or the back; `count` if none is left. */
static size_t claim_of(struct team* team, int member, size_t count, bool front) {
  const struct range share = team_share(team, member, count, 1);
  const uint64_t one = front ? 1 : (uint64_t)1 << 32;
  const uint64_t taken =
      atomic_fetch_add_explicit(&team->claims[member].taken, one, memory_order_relaxed);
  const size_t before = (size_t)(taken & UINT32_MAX), behind = (size_t)(taken >> 32);
  if (before + behind >= share.last - share.first) return count;
  return front ? share.first + before : share.last - 1 - behind;
}

size_t team_claim(struct team* team, int member, size_t count) {
  size_t part = claim_of(team, member, count, true);
  for (int i = 1; i < team->size && part == count; i++) {
    part = claim_of(team, (member + i) % team->size, count, false);
  }
  return part;
}

struct range team_share(const struct team* team, int member, size_t count, size_t unit) {
  size_t units = (count + unit - 1) / unit;
  size_t first = units * (size_t)member / (size_t)team->size * unit;
  size_t last = units * ((size_t)member + 1) / (size_t)team->size * unit;
  return (struct range){first < count ? first : count, last < count ? last : count};
}
