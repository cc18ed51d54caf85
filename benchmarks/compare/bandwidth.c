/* Measures how fast threads together read memory.
 *
 *     bandwidth THREADS MEGABYTES PASSES
 *
 * Every thread sums up its share of MEGABYTES again and again; prints the gigabytes per second (1e9
 * bytes) of the median pass.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LANES = 32, MAX_THREADS = 256, MAX_PASSES = 1000 };

static pthread_barrier_t barrier;
static size_t words;
static int passes;

typedef struct {
  pthread_t thread;
  uint64_t* data;
  uint64_t sum;
} Reader;

static uint64_t sum_up(const uint64_t* data) {
  uint64_t lanes[LANES] = {0};
  for (size_t i = 0; i < words; i += LANES) {
    for (int j = 0; j < LANES; j++) {
      lanes[j] += data[i + j];
    }
  }
  uint64_t sum = 0;
  for (int j = 0; j < LANES; j++) {
    sum += lanes[j];
  }
  return sum;
}

static void* read_again_and_again(void* argument) {
  Reader* reader = argument;
  for (size_t i = 0; i < words; i++) {
    reader->data[i] = i;
  }
  for (int pass = 0; pass < passes; pass++) {
    pthread_barrier_wait(&barrier);
    reader->sum += sum_up(reader->data);
    pthread_barrier_wait(&barrier);
  }
  return NULL;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int by_value(const void* a, const void* b) {
  double left = *(const double*)a;
  double right = *(const double*)b;
  return (left > right) - (left < right);
}

int main(int count, char** arguments) {
  int threads = count == 4 ? atoi(arguments[1]) : 0;
  size_t bytes = count == 4 ? (size_t)atol(arguments[2]) * 1000000 : 0;
  passes = count == 4 ? atoi(arguments[3]) : 0;
  if (threads < 1 || threads > MAX_THREADS || bytes == 0 || passes < 1 || passes > MAX_PASSES) {
    fprintf(stderr, "usage: bandwidth THREADS MEGABYTES PASSES\n");
    return 2;
  }
  words = bytes / threads / sizeof(uint64_t) / LANES * LANES;
  static Reader readers[MAX_THREADS];
  static double rates[MAX_PASSES];
  pthread_barrier_init(&barrier, NULL, threads + 1);
  for (int i = 0; i < threads; i++) {
    readers[i].data = aligned_alloc(4096, (words * sizeof(uint64_t) + 4095) / 4096 * 4096);
    if (readers[i].data == NULL ||
        pthread_create(&readers[i].thread, NULL, read_again_and_again, &readers[i]) != 0) {
      fprintf(stderr, "cannot allocate %zu bytes or start a thread\n", bytes);
      return 1;
    }
  }
  for (int pass = 0; pass < passes; pass++) {
    pthread_barrier_wait(&barrier);
    double start = now();
    pthread_barrier_wait(&barrier);
    rates[pass] = (double)(words * sizeof(uint64_t) * threads) / (now() - start) / 1e9;
  }
  uint64_t sum = 0;
  for (int i = 0; i < threads; i++) {
    pthread_join(readers[i].thread, NULL);
    sum += readers[i].sum;
  }
  qsort(rates, passes, sizeof(double), by_value);
  fprintf(stderr, "checksum %llu\n", (unsigned long long)sum);
  printf("%.2f\n", rates[passes / 2]);
  return 0;
}
