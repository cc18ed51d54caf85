/** A job on all threads of a pool, and barriers inside it. */
#ifndef MLC_KERNELS_TEAM_H_
#define MLC_KERNELS_TEAM_H_

#include <stdatomic.h>
#include <stddef.h>

/** A number that threads wait on until it changes: they spin for a while, then sleep. */
struct signal {
  _Alignas(64) atomic_uint number;
  atomic_int sleepers;
};

struct team {
  int size;
  /** Members that have reached the current barrier. */
  _Alignas(64) atomic_int arrived;
  /** Barriers passed. */
  struct signal phase;
  /** The next part of the current stage that nobody has claimed. */
  _Alignas(64) atomic_size_t next;
};

/** Half-open range of indices. */
struct range {
  size_t first, last;
};

/** What each member runs; `member` counts from 0, which is the calling thread. */
typedef void (*team_job)(struct team* team, int member, void* context);

/** The threads that work for one thread. */
struct pool;

/** Ends a pool's threads; NULL has none. */
void pool_free(struct pool* pool);

/**
 * Runs a job on the calling thread and its pool, which is as large as TVM's and is made on first
 * use. Waits for all of them. Returns 0, or -1 with TVM's error set if there are no threads.
 *
 * TVM's own pool is not used: its threads give their processor away whenever they wait, which on a
 * machine with other work to do costs a time slice for each job.
 */
int team_run(team_job job, void* context);

/** Runs a job on the calling thread alone. */
void team_run_alone(team_job job, void* context);

/** Threads that `team_run` runs a job on: as many as TVM's pool of the calling thread has. */
int team_threads(void);

/** Waits for all members; what they wrote before is seen by all after. Unclaims all parts. */
void team_barrier(struct team* team);

/** Claims the next part of a stage: 0, 1, ... as the members come. */
size_t team_claim(struct team* team);

/** The member's share of `count` items, in multiples of `unit`. */
struct range team_share(const struct team* team, int member, size_t count, size_t unit);

#endif
