/** What the tests share: seeds, guarded memory, stored matrices and their values. */
#ifndef MLC_KERNELS_TESTS_SUPPORT_H_
#define MLC_KERNELS_TESTS_SUPPORT_H_

#include "isa.h"

/** Begins a case; everything random in it follows from `seed`. */
void case_begin(const char* name, uint64_t seed);

/** Ends the process with a message that says how to repeat the case, unless `holds`. */
void check(bool holds, const char* format, ...) __attribute__((format(printf, 2, 3)));

/** A whole number from `first` to `last`. */
int random_int(int first, int last);
bool random_bool(void);
/** About normal, with a deviation of 1. */
float random_float(void);

/**
 * Memory between two pages that fault when touched. In half of the cases it ends where the second
 * one begins, in the others it begins where the first one ends. Filled with noise; freed when the
 * next case begins. At least aligned to `unit`.
 */
void* guarded(size_t bytes, size_t unit);
float* guarded_floats(size_t count);
/** Numbers with a deviation of 1 in a type that is chosen at random or given. */
struct floats random_numbers(size_t count, bool half);

double number_at(struct floats x, size_t i);
double double_of_half(uint16_t half);
/** The nearest half, of a number that one can hold. */
uint16_t half_of_double(double value);

enum fill {
  /** Codes and scales of any kind. */
  FILL_RANDOM,
  /** Scales of 1 and whole minimums: products of whole numbers are exact. */
  FILL_WHOLE,
  /** The same, and all codes are the greatest. */
  FILL_GREATEST
};

struct matrix random_matrix(enum format format, size_t rows, size_t columns, enum fill fill);
/** The element of a matrix, decoded anew from the description of its format. */
double weight_at(const struct matrix* w, size_t row, size_t column);
/** The greatest magnitude that a number on the way to that element has. */
double weight_reach(const struct matrix* w, size_t row, size_t column);

/** Memory for `tokens` rounded rows. */
struct rounded guarded_rounded(size_t tokens, size_t columns, size_t planes);
/** Rounds `[tokens][columns]`, in one call for each token or in several. */
void round_all(const struct isa* by, const float* x, size_t tokens, enum format format,
               struct rounded* to);
/** The value of an element that the portable loops rounded. */
double rounded_at(const struct rounded* x, enum format format, size_t token, size_t column);

/** Threads that the stand-in for TVM's pool starts. */
extern int pool_threads;
/** The last error that was raised through TVM; NULL without one. */
extern const char* raised;

void test_loops(uint64_t seed);
void test_jobs(uint64_t seed);
void test_attention(uint64_t seed);
void test_phases(uint64_t seed);
void test_restore(uint64_t seed);
void test_team(uint64_t seed);

#endif
