#include "support.h"

#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST_BLOCKS = 1024 };

static struct {
  const char* name;
  uint64_t seed;
  uint64_t state;
  bool tight_end;
  size_t blocks;
  struct {
    void* start;
    size_t bytes;
  } block[MOST_BLOCKS];
} now;

static void say_how_to_repeat(void) {
  char text[256];
  int length = snprintf(text, sizeof text, "in %s on %s; repeat with --seed %llu --rounds 1\n",
                        now.name, isa->name, (unsigned long long)now.seed);
  if (write(STDERR_FILENO, text, (size_t)length) < 0) _exit(2);
}

static void on_fault(int number) {
  static const char text[] = "FAILED: memory outside a buffer was touched ";
  (void)number;
  if (write(STDERR_FILENO, text, sizeof text - 1) < 0) _exit(2);
  say_how_to_repeat();
  _exit(1);
}

void case_begin(const char* name, uint64_t seed) {
  for (size_t i = 0; i < now.blocks; i++) munmap(now.block[i].start, now.block[i].bytes);
  now.blocks = 0;
  now.name = name;
  now.seed = seed;
  now.state = seed * 0x9e3779b97f4a7c15u;
  for (const char* c = name; *c != '\0'; c++)
    now.state = (now.state ^ (uint8_t)*c) * 0x100000001b3u;
  now.tight_end = random_bool();
  signal(SIGSEGV, on_fault);
  signal(SIGBUS, on_fault);
}

void check(bool holds, const char* format, ...) {
  if (holds) return;
  va_list arguments;
  va_start(arguments, format);
  fputs("FAILED: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc(' ', stderr);
  va_end(arguments);
  say_how_to_repeat();
  exit(1);
}

static uint64_t random_bits(void) {
  uint64_t x = now.state += 0x9e3779b97f4a7c15u;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

int random_int(int first, int last) {
  return first + (int)(random_bits() % (uint64_t)(last - first + 1));
}

bool random_bool(void) { return random_bits() >> 63; }

float random_float(void) {
  double sum = -6;
  for (int i = 0; i < 12; i++) sum += (double)(random_bits() >> 11) / 9007199254740992.0;
  return (float)sum;
}

void* guarded(size_t bytes, size_t unit) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE), inner = (bytes + page - 1) / page * page;
  uint8_t* start =
      mmap(NULL, inner + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  check(start != MAP_FAILED && now.blocks < MOST_BLOCKS, "no guarded memory");
  now.block[now.blocks].start = start;
  now.block[now.blocks++].bytes = inner + 2 * page;
  mprotect(start, page, PROT_NONE);
  mprotect(start + page + inner, page, PROT_NONE);
  uint8_t* memory = start + page;
  if (now.tight_end) memory += (inner - bytes) / unit * unit;
  memset(memory, 0xa5, bytes);
  return memory;
}

float* guarded_floats(size_t count) { return guarded(count * sizeof(float), sizeof(float)); }

double double_of_half(uint16_t half) {
  const int exponent = half >> 10 & 31, fraction = half & 1023;
  const double sign = half & 0x8000 ? -1 : 1;
  if (exponent == 31) return fraction == 0 ? sign * INFINITY : NAN;
  return exponent == 0 ? sign * ldexp(fraction, -24) : sign * ldexp(1024 + fraction, exponent - 25);
}

uint16_t half_of_double(double value) {
  const uint16_t sign = value < 0 ? 0x8000 : 0;
  const double magnitude = fabs(value);
  int exponent;
  frexp(magnitude, &exponent);
  if (exponent < -13) return sign | (uint16_t)rint(ldexp(magnitude, 24));
  const int bits = (int)rint(ldexp(magnitude, 11 - exponent));
  return (uint16_t)(sign | (bits + ((exponent + 13) << 10)));
}

double number_at(struct floats x, size_t i) {
  return x.half ? double_of_half(((const uint16_t*)x.data)[i]) : ((const float*)x.data)[i];
}

struct floats random_numbers(size_t count, bool half) {
  void* data = half ? guarded(count * 2, 2) : guarded_floats(count);
  for (size_t i = 0; i < count; i++) {
    if (half) {
      ((uint16_t*)data)[i] = half_of_double(random_float());
    } else {
      ((float*)data)[i] = random_float();
    }
  }
  return (struct floats){data, half};
}

static void* random_scales(size_t count, bool half, enum fill fill, double size) {
  void* data = half ? guarded(count * 2, 2) : guarded_floats(count);
  for (size_t i = 0; i < count; i++) {
    double value = fill == FILL_RANDOM ? size * random_float() : 1;
    if (half) {
      ((uint16_t*)data)[i] = half_of_double(value);
    } else {
      ((float*)data)[i] = (float)value;
    }
  }
  return data;
}

struct matrix random_matrix(enum format format, size_t rows, size_t columns, enum fill fill) {
  struct matrix w = {.format = format, .rows = rows, .columns = columns};
  const size_t count = rows * columns;
  if (!is_quantized(&w)) {
    w.codes = random_numbers(count, format == FORMAT_F16).data;
    return w;
  }
  const bool wide = format == FORMAT_Q4F32_1;
  const bool bytes = format == FORMAT_Q8_0 || format == FORMAT_Q8F16_1;
  uint8_t* codes = guarded(bytes ? count : count / 2, 1);
  // Codes of q8f16_1 stand 127 above values from -127 to 127.
  const int last = format == FORMAT_Q8F16_1 ? 254 : 255;
  const uint8_t greatest = (uint8_t)(format == FORMAT_Q8_0 ? 0x80 : last);
  for (size_t i = 0; i < (bytes ? count : count / 2); i++) {
    codes[i] = fill == FILL_GREATEST ? greatest : (uint8_t)random_int(0, last);
  }
  w.codes = codes;
  w.scale = random_scales(count / GROUP, !wide, fill, bytes ? 0.01 : 0.1);
  if (format == FORMAT_Q4_1) w.min = random_scales(count / GROUP, true, fill, 1);
  return w;
}

static int code_at(const struct matrix* w, size_t row, size_t column) {
  const uint8_t* codes = w->codes;
  const size_t place = row * w->columns + column;
  switch (w->format) {
    case FORMAT_Q8_0:
      return ((const int8_t*)codes)[place];
    case FORMAT_Q8F16_1:
      return codes[place];
    case FORMAT_Q4_0:
    case FORMAT_Q4_1: {
      const uint8_t both = codes[place / GROUP * 16 + column % 16];
      return column % GROUP < 16 ? both & 15 : both >> 4;
    }
    default:
      return column % 2 == 0 ? codes[place / 2] & 15 : codes[place / 2] >> 4;
  }
}

static int zero_of_format(enum format format) {
  switch (format) {
    case FORMAT_Q4_0:
      return 8;
    case FORMAT_Q4F16_1:
    case FORMAT_Q4F32_1:
      return 7;
    case FORMAT_Q8F16_1:
      return 127;
    default:
      return 0;
  }
}

double weight_at(const struct matrix* w, size_t row, size_t column) {
  if (!is_quantized(w)) {
    return number_at((struct floats){w->codes, w->format == FORMAT_F16}, row * w->columns + column);
  }
  const size_t group = (row * w->columns + column) / GROUP;
  const double scale = number_at((struct floats){w->scale, w->format != FORMAT_Q4F32_1}, group);
  const double min = w->min == NULL ? 0 : double_of_half(w->min[group]);
  return (code_at(w, row, column) - zero_of_format(w->format)) * scale + min;
}

double weight_reach(const struct matrix* w, size_t row, size_t column) {
  if (!is_quantized(w)) return fabs(weight_at(w, row, column));
  const size_t group = (row * w->columns + column) / GROUP;
  const double scale = number_at((struct floats){w->scale, w->format != FORMAT_Q4F32_1}, group);
  const double min = w->min == NULL ? 0 : double_of_half(w->min[group]);
  const bool bytes = w->format == FORMAT_Q8_0 || w->format == FORMAT_Q8F16_1;
  return fabs(scale) * (bytes ? 256 : 16) + fabs(min);
}

struct rounded guarded_rounded(size_t tokens, size_t columns, size_t planes) {
  const size_t groups = tokens * columns / GROUP;
  return (struct rounded){
      .columns = columns,
      .planes = planes,
      .codes = guarded(tokens * planes * columns, 1),
      .scale = guarded_floats(groups),
      .correction = guarded(groups * sizeof(int32_t), sizeof(int32_t)),
      .scaled_sum = guarded_floats(groups),
  };
}

void round_all(const struct isa* by, const float* x, size_t tokens, enum format format,
               struct rounded* to) {
  const size_t groups = to->columns / GROUP;
  for (size_t t = 0; t < tokens; t++) {
    for (size_t group = 0, count; group < groups; group += count) {
      count = random_bool() ? groups - group : (size_t)random_int(1, (int)(groups - group));
      by->round(x + t * to->columns + group * GROUP, count, format, to, t, group);
    }
  }
}

double rounded_at(const struct rounded* x, enum format format, size_t token, size_t column) {
  const bool evens_first = format == FORMAT_Q4F16_1 || format == FORMAT_Q4F32_1;
  const size_t i = column % GROUP, place = evens_first ? i / 2 + i % 2 * 16 : i;
  const size_t last = (token + 1) * x->planes - 1;
  int code = 0;
  for (size_t plane = token * x->planes; plane <= last; plane++) {
    code = code * PLANE_RATIO + x->codes[plane * x->columns + column - i + place];
  }
  return (double)code * x->scale[(token * x->columns + column) / GROUP];
}
