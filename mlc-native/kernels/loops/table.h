/** The table of an instruction set; its source defines `runs_here`, `TABLE` and `dot_rows`. */

const struct isa TABLE = {
    .name = TARGET_NAME,
    .runs_here = runs_here,
    .round = round_groups,
    .dot_rows = dot_rows,
    .dot_float_rows = dot_float_rows,
    .unpack_floats = unpack_floats,
    .multiply_floats = multiply_floats,
    .decode_row = decode_row,
    .widen = widen,
    .narrow = narrow,
    .rms_norm = rms_norm,
    .layer_norm = layer_norm,
    .gelu = gelu,
    .silu_multiply = silu_multiply,
    .attend_few = attend_few,
    .prepare_queries = prepare_queries,
    .attend_many = attend_many,
};
