/** The functions that model libraries and engines call, by name; see docs/kernels.md. */
#include "functions.h"

#include <stdlib.h>
#include <string.h>
#include <tvm/ffi/c_api.h>

#include "carried.h"
#include "layer.h"
#include "profile.h"
#include "restore.h"
#include "rotary.h"

enum { VERSION = 2, MOST_THREADS = 1 << 10 };

static struct output output_of(struct tensor tensor, const struct matrix* w) {
  return (struct output){.data = tensor.data, .half = is_half(tensor), .stride = w->rows};
}

static FUNCTION(embed) {
  (void)self, (void)result;
  struct arguments all = arguments_start("mlc.cpu.embed", values, count);
  struct tensor ids = read_int32s(&all);
  struct matrix w = read_matrix(&all);
  struct tensor out = read_numbers(&all);
  require(&all, size_of(out) == size_of(ids) * w.columns, "has another shape than ids x columns");
  if (arguments_end(&all) != 0) return -1;
  return look_up(&w, ids.data, size_of(ids), out.data, is_half(out));
}

static void check_projection(struct arguments* all, const struct matrix* w, size_t tokens,
                             size_t columns, struct tensor out) {
  require(all, columns == w->columns, "follows an input of other columns than the matrix has");
  require(all, size_of(out) == tokens * w->rows, "has another shape than tokens x rows");
}

static int run_projection(const char* name, bool has_norm, const TVMFFIAny* values, int32_t count) {
  struct arguments all = arguments_start(name, values, count);
  struct tensor x = read_numbers(&all);
  struct projection work = {.x = floats_of(x), .tokens = rows_of(x)};
  if (has_norm) work.norm.weight = read_norm(&all, columns_of(x), &work.norm.epsilon);
  work.w = read_matrix(&all);
  struct tensor out = read_numbers(&all);
  check_projection(&all, &work.w, work.tokens, columns_of(x), out);
  if (arguments_end(&all) != 0) return -1;
  work.out = output_of(out, &work.w);
  return project(&work);
}

static FUNCTION(linear) {
  (void)self, (void)result;
  return run_projection("mlc.cpu.linear", false, values, count);
}

static FUNCTION(norm_linear) {
  (void)self, (void)result;
  return run_projection("mlc.cpu.norm_linear", true, values, count);
}

static struct floats read_bias(struct arguments* all, const struct matrix* w) {
  struct tensor bias = read_numbers(all);
  require(all, size_of(bias) == w->rows, "has not one number for each row of the matrix");
  return floats_of(bias);
}

static int run_dense(const char* name, bool gelu, bool has_after, const TVMFFIAny* values,
                     int32_t count) {
  struct arguments all = arguments_start(name, values, count);
  struct tensor x = read_numbers(&all), added = {0};
  struct projection work = {.x = floats_of(x), .tokens = rows_of(x)};
  work.w = read_matrix(&all);
  const struct floats bias = read_bias(&all, &work.w);
  if (has_after) {
    added = read_numbers(&all);
    require(&all, size_of(added) == work.tokens * work.w.rows, "has another shape than the output");
    work.after.weight = read_norm(&all, work.w.rows, &work.after.epsilon);
    work.after.bias = read_bias(&all, &work.w);
  }
  struct tensor out = has_after ? read_float32s(&all) : read_numbers(&all);
  check_projection(&all, &work.w, work.tokens, columns_of(x), out);
  if (arguments_end(&all) != 0) return -1;
  work.out = output_of(out, &work.w);
  work.out.bias = bias;
  work.out.gelu = gelu;
  if (has_after) work.out.add = floats_of(added);
  return project(&work);
}

static FUNCTION(dense) {
  (void)self, (void)result;
  return run_dense("mlc.cpu.dense", false, false, values, count);
}

static FUNCTION(dense_gelu) {
  (void)self, (void)result;
  return run_dense("mlc.cpu.dense_gelu", true, false, values, count);
}

static FUNCTION(dense_norm) {
  (void)self, (void)result;
  return run_dense("mlc.cpu.dense_norm", false, true, values, count);
}

static FUNCTION(norm) {
  (void)self, (void)result;
  struct arguments all = arguments_start("mlc.cpu.rms_norm", values, count);
  struct tensor x = read_numbers(&all);
  struct normalization work = {.x = floats_of(x), .tokens = rows_of(x), .columns = columns_of(x)};
  work.norm.weight = read_norm(&all, work.columns, &work.norm.epsilon);
  struct tensor out = read_numbers(&all);
  require(&all, size_of(out) == size_of(x), "has another shape than the input");
  if (arguments_end(&all) != 0) return -1;
  work.out = out.data;
  work.half = is_half(out);
  return normalize(&work);
}

static void check_layer(struct arguments* all, const struct layer* work, size_t hidden,
                        size_t attended) {
  require(all, attended == work->tokens * work->o.columns && work->o.rows == hidden,
          "follows an o matrix that does not fit the attended rows or the hidden ones");
  require(all, work->gate_up.columns == hidden && work->gate_up.rows % (2 * PANEL_ROWS) == 0,
          "follows a gate_up matrix that does not fit the hidden rows");
  require(all, work->down.columns * 2 == work->gate_up.rows && work->down.rows == hidden,
          "follows a down matrix that fits neither gate_up nor the hidden rows");
}

static int run_layer(const char* name, bool has_next, const TVMFFIAny* values, int32_t count) {
  struct arguments all = arguments_start(name, values, count);
  struct tensor x = read_numbers(&all), attended = read_numbers(&all), next = {0};
  const size_t size = columns_of(x);
  struct layer work = {.x = floats_of(x),
                       .attended = floats_of(attended),
                       .tokens = rows_of(x),
                       .has_next = has_next};
  work.o = read_matrix(&all);
  work.norm.weight = read_norm(&all, size, &work.norm.epsilon);
  work.gate_up = read_matrix(&all);
  work.down = read_matrix(&all);
  if (has_next) {
    work.next_norm.weight = read_norm(&all, size, &work.next_norm.epsilon);
    work.next = read_matrix(&all);
  }
  struct tensor hidden = read_float32s(&all);
  require(&all, size_of(hidden) == size_of(x), "has another shape than the input");
  check_layer(&all, &work, size, size_of(attended));
  if (has_next) {
    next = read_numbers(&all);
    check_projection(&all, &work.next, work.tokens, size, next);
    work.next_out = output_of(next, &work.next);
  }
  if (arguments_end(&all) != 0) return -1;
  work.hidden = hidden.data;
  return finish_layer(&work);
}

static FUNCTION(layer) {
  (void)self, (void)result;
  return run_layer("mlc.cpu.layer", true, values, count);
}

static FUNCTION(last_layer) {
  (void)self, (void)result;
  return run_layer("mlc.cpu.last_layer", false, values, count);
}

static FUNCTION(rotary) {
  (void)self, (void)result;
  struct arguments all = arguments_start("mlc.cpu.split_rotary", values, count);
  struct tensor qkv = read_numbers(&all), positions = read_int32s(&all);
  struct tensor q = read_numbers(&all), k = read_numbers(&all), v = read_numbers(&all);
  struct tensor frequencies = read_float32s(&all);
  if (!all.failed && (qkv.dims != 3 || q.dims != 3 || k.dims != 3)) {
    arguments_fail(&all, "follows rows that do not have three dimensions");
  }
  if (arguments_end(&all) != 0) return -1;
  const int64_t tokens = qkv.shape[0], size = qkv.shape[2], pairs = (int64_t)size_of(frequencies);
  const bool fits =
      has_shape(q, tokens, q.shape[1], size) && has_shape(k, tokens, k.shape[1], size) &&
      has_shape(v, tokens, k.shape[1], size) && qkv.shape[1] == q.shape[1] + 2 * k.shape[1] &&
      is_half(qkv) == is_half(q) && is_half(qkv) == is_half(k) && is_half(qkv) == is_half(v);
  require(&all, fits, "follows q, k and v that do not fit qkv");
  require(&all, size <= HEAD_SIZE && 2 * pairs <= size, "has more than half a head's elements");
  require(&all, (int64_t)size_of(positions) >= tokens, "follows too few positions");
  if (all.failed) return -1;
  const struct rotary work = {
      .qkv = qkv.data,
      .half = is_half(qkv),
      .tokens = (size_t)tokens,
      .heads = (size_t)q.shape[1],
      .kv_heads = (size_t)k.shape[1],
      .size = (size_t)size,
      .positions = positions.data,
      .frequencies = frequencies.data,
      .pairs = (size_t)pairs,
      .q = q.data,
      .k = k.data,
      .v = v.data,
  };
  if (!restoring()) return split_rotary(&work);
  split_restored(&work);
  return 0;
}

static FUNCTION(version) {
  (void)self, (void)values, (void)count;
  *result = (TVMFFIAny){.type_index = kTVMFFIInt, .v_int64 = VERSION};
  return 0;
}

static int return_text(const char* text, TVMFFIAny* result) {
  const TVMFFIByteArray bytes = {text, strlen(text)};
  return TVMFFIStringFromByteArray(&bytes, result);
}

static FUNCTION(use_threads) {
  (void)self, (void)result;
  struct arguments all = arguments_start("mlc.cpu.use_threads", values, count);
  const int64_t threads = read_int(&all);
  require(&all, threads > 0 && threads <= MOST_THREADS, "must be a number of threads");
  if (arguments_end(&all) != 0) return -1;
  team_use_threads((int)threads);
  return 0;
}

static FUNCTION(set_phase) {
  (void)self, (void)result;
  struct arguments all = arguments_start("mlc.cpu.phase", values, count);
  const int64_t phase = read_int(&all);
  require(&all, phase >= 0 && phase < PHASE_COUNT, "must be 0, 1 for prefill or 2 for decode");
  const int64_t history = read_int(&all);
  require(&all, history == 0 || history == 1, "must be 0 or 1");
  if (arguments_end(&all) != 0) return -1;
  struct scratch* scratch = scratch_of_thread();
  scratch->phase = (enum phase)phase;
  scratch->has_history = history == 1;
  carried_reset(scratch);
  return 0;
}

static FUNCTION(restore) {
  (void)self, (void)result;
  struct arguments all = arguments_start("mlc.cpu.restore", values, count);
  if (arguments_end(&all) != 0) return -1;
  scratch_of_thread()->phase = PHASE_RESTORE;
  return 0;
}

static FUNCTION(name_isa) {
  (void)self, (void)values, (void)count;
  return return_text(isa->name, result);
}

static FUNCTION(start_profile) {
  (void)self, (void)values, (void)count, (void)result;
  profile_start();
  return 0;
}

static FUNCTION(stop_profile) {
  (void)self, (void)values, (void)count;
  char text[2048];
  profile_stop(text, sizeof text);
  return return_text(text, result);
}

static const struct {
  const char* name;
  TVMFFISafeCallType call;
} functions[] = {
    {"mlc.cpu.embed", embed},
    {"mlc.cpu.linear", linear},
    {"mlc.cpu.norm_linear", norm_linear},
    {"mlc.cpu.dense", dense},
    {"mlc.cpu.dense_gelu", dense_gelu},
    {"mlc.cpu.dense_norm", dense_norm},
    {"mlc.cpu.rms_norm", norm},
    {"mlc.cpu.layer", layer},
    {"mlc.cpu.last_layer", last_layer},
    {"mlc.cpu.split_rotary", rotary},
    {"mlc.cpu.kv_append", append},
    {"mlc.cpu.attention_decode", attention_decode},
    {"mlc.cpu.attention_paged", attention_paged},
    {"mlc.cpu.attention_ragged", attention_ragged},
    {"mlc.cpu.attention_merge", attention_merge},
    {"mlc.cpu.attention_whole", attention_whole},
    {"mlc.cpu.version", version},
    {"mlc.cpu.use_threads", use_threads},
    {"mlc.cpu.phase", set_phase},
    {"mlc.cpu.restore", restore},
    {"mlc.cpu.isa", name_isa},
    {"mlc.cpu.profile_start", start_profile},
    {"mlc.cpu.profile_stop", stop_profile},
};

/**
 * Registers everything when the library is loaded. Without an instruction set to run on nothing is
 * registered, so that a model library which needs the kernels fails to load.
 */
__attribute__((constructor)) static void register_functions(void) {
  const char* wanted = getenv("MLC_CPU");
  if (isa_choose(wanted != NULL && *wanted != '\0' ? wanted : NULL) != 0) return;
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    const TVMFFIByteArray name = {functions[i].name, strlen(functions[i].name)};
    TVMFFIObjectHandle function;
    if (TVMFFIFunctionCreate(NULL, functions[i].call, NULL, &function) != 0) return;
    TVMFFIFunctionSetGlobal(&name, function, 1);
    TVMFFIObjectDecRef(function);
  }
}
