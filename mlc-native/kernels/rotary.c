#include "rotary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <tvm/ffi/c_api.h>

#include "isa.h"
#include "profile.h"
#include "scratch.h"
#include "team.h"

/** Tokens from which on the work is worth a team. */
enum { TEAM_TOKENS = 16 };

struct rotations {
  size_t tokens;
  size_t pairs;
  int32_t* positions;
  float* frequencies;
  /** `[tokens][pairs]` */
  float* cosines;
  float* sines;
};

static void clear(struct rotations* rotations) {
  free(rotations->positions);
  free(rotations->frequencies);
  free(rotations->cosines);
  free(rotations->sines);
  *rotations = (struct rotations){0};
}

void rotations_free(struct rotations* rotations) {
  if (rotations == NULL) return;
  clear(rotations);
  free(rotations);
}

static bool fits(const struct rotations* rotations, const struct rotary* work) {
  return rotations->tokens == work->tokens && rotations->pairs == work->pairs &&
         memcmp(rotations->positions, work->positions, work->tokens * sizeof(int32_t)) == 0 &&
         memcmp(rotations->frequencies, work->frequencies, work->pairs * sizeof(float)) == 0;
}

static int allocate(struct rotations* rotations, const struct rotary* work) {
  if (rotations->tokens == work->tokens && rotations->pairs == work->pairs) return 0;
  clear(rotations);
  size_t angles = work->tokens * work->pairs * sizeof(float);
  rotations->positions = malloc(work->tokens * sizeof(int32_t));
  rotations->frequencies = malloc(work->pairs * sizeof(float));
  rotations->cosines = malloc(angles);
  rotations->sines = malloc(angles);
  if (!rotations->positions || !rotations->frequencies || !rotations->cosines ||
      !rotations->sines) {
    clear(rotations);
    return -1;
  }
  rotations->tokens = work->tokens;
  rotations->pairs = work->pairs;
  return 0;
}

/** The angles of the work's positions, computed unless the last ones fit. */
static const struct rotations* rotations_of(const struct rotary* work) {
  struct scratch* scratch = scratch_of_thread();
  if (scratch->rotations == NULL) scratch->rotations = calloc(1, sizeof *scratch->rotations);
  struct rotations* rotations = scratch->rotations;
  if (rotations == NULL) return NULL;
  if (rotations->tokens > 0 && fits(rotations, work)) return rotations;
  if (allocate(rotations, work) != 0) return NULL;
  memcpy(rotations->positions, work->positions, work->tokens * sizeof(int32_t));
  memcpy(rotations->frequencies, work->frequencies, work->pairs * sizeof(float));
  for (size_t t = 0; t < work->tokens; t++) {
    for (size_t i = 0; i < work->pairs; i++) {
      float angle = (float)work->positions[t] * work->frequencies[i];
      rotations->cosines[t * work->pairs + i] = cosf(angle);
      rotations->sines[t * work->pairs + i] = sinf(angle);
    }
  }
  return rotations;
}

struct rotary_job {
  const struct rotary* work;
  const struct rotations* rotations;
};

static void rotate(float* head, size_t pairs, const float* cosines, const float* sines) {
  for (size_t i = 0; i < pairs; i++) {
    float a = head[i], b = head[i + pairs];
    head[i] = a * cosines[i] - b * sines[i];
    head[i + pairs] = b * cosines[i] + a * sines[i];
  }
}

static void split_token(const struct rotary_job* job, size_t token) {
  const struct rotary* work = job->work;
  const size_t pairs = work->pairs, size = work->size, bytes = size * (work->half ? 2 : 4);
  const size_t rotated = work->heads + work->kv_heads, all = rotated + work->kv_heads;
  const uint8_t* from = (const uint8_t*)work->qkv + token * all * bytes;
  uint8_t* q = (uint8_t*)work->q + token * work->heads * bytes;
  uint8_t* k = (uint8_t*)work->k + token * work->kv_heads * bytes;
  uint8_t* v = (uint8_t*)work->v + token * work->kv_heads * bytes;
  float head[HEAD_SIZE];
  for (size_t h = 0; h < rotated; h++) {
    uint8_t* to = h < work->heads ? q + h * bytes : k + (h - work->heads) * bytes;
    if (work->half) {
      isa->widen((const uint16_t*)(from + h * bytes), head, size);
    } else {
      memcpy(head, from + h * bytes, bytes);
    }
    rotate(head, pairs, job->rotations->cosines + token * pairs,
           job->rotations->sines + token * pairs);
    if (work->half) {
      isa->narrow(head, (uint16_t*)to, size);
    } else {
      memcpy(to, head, bytes);
    }
  }
  memcpy(v, from + rotated * bytes, work->kv_heads * bytes);
}

static void split_part(struct team* team, int member, void* context) {
  const struct rotary_job* job = context;
  struct range tokens = team_share(team, member, job->work->tokens, 1);
  for (size_t t = tokens.first; t < tokens.last; t++) split_token(job, t);
}

int split_rotary(const struct rotary* work) {
  profile_enter();
  struct rotary_job job = {work, rotations_of(work)};
  if (job.rotations == NULL) {
    TVMFFIErrorSetRaisedFromCStr("RuntimeError", "no memory for the angles of a step");
    return -1;
  }
  int status = 0;
  if (work->tokens < TEAM_TOKENS) {
    team_run_alone(split_part, &job);
  } else {
    status = team_run(split_part, &job);
  }
  profile_leave(STAGE_ROTARY);
  return status;
}
