/** A job on all threads of a pool, and barriers inside it. */
#ifndef MLC_KERNELS_TEAM_H_
#define MLC_KERNELS_TEAM_H_

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/** A number that threads wait on until it changes: they spin for a while, then sleep. */
struct signal {
  _Alignas(64) atomic_uint number;
  atomic_int sleepers;
};

/** Parts of a member's share that are claimed: low 32 bits from the front, high ones the back. */
struct claims {
  _Alignas(64) _Atomic uint64_t taken;
};

/** Times in which the calling thread works alone, in nanoseconds. */
struct retreat {
  int64_t end;
  int64_t length;
};

struct team {
  int size;
  /** One for each member. */
  struct claims* claims;
  /** Written by a member that all others wait for. */
  struct retreat retreat;
  /** Members that have reached the current barrier. */
  _Alignas(64) atomic_int arrived;
  /** Barriers passed. */
  struct signal phase;
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
 * Runs a job on the calling thread and its pool, which is made on first use. Waits for all of them.
 * Returns 0, or -1 with TVM's error set if there are no threads.
 *
 * After a member was late because it lost its processor, jobs run on the calling thread alone for a
 * while, longer when that repeats: one thread at work is faster than several that wait for each
 * other's time slices. The first while is as long as it takes to read a token from a stream.
 *
 * TVM's own pool is not used: its threads give their processor away whenever they wait, which on a
 * machine with other work to do costs a time slice for each job.
 */
int team_run(team_job job, void* context);

/** Runs a job on the calling thread alone. */
void team_run_alone(team_job job, void* context);

/** Sets how many threads run the calling thread's jobs. */
void team_use_threads(int threads);

/** Threads that `team_run` runs a job on: as set, else as many as TVM's pool has. */
int team_threads(void);

/** Waits for all members; what they wrote before is seen by all after. Unclaims all parts. */
void team_barrier(struct team* team);

/**
 * Claims a part of a stage, one of `0..count - 1`; returns `count` once all are claimed. A member
 * takes its own share from the front on, so that it reads memory in order, and then what others
 * have not come to from the back, so that none waits long for one that lost its processor. All
 * members pass the same count.
 */
size_t team_claim(struct team* team, int member, size_t count);

/** The member's share of `count` items, in multiples of `unit`. */
struct range team_share(const struct team* team, int member, size_t count, size_t unit);

#endif
