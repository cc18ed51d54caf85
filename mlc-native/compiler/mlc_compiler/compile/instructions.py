"""Passes that spare the virtual machine instructions, each of which costs a step's time."""

import tvm
from tvm import relax
from tvm.relax.expr_functor import PyExprMutator, mutator

_KERNELS = "mlc.cpu."
"""The prefix of functions that take a parameter's number for the parameter."""


def spare() -> tvm.transform.Pass:
    """Fewer tensors and fewer parameters to unpack; for functions whose memory is planned."""

    @tvm.transform.module_pass(opt_level=0)
    def apply(module: tvm.IRModule, _context) -> tvm.IRModule:
        for name, function in list(module.functions_items()):
            if isinstance(function, relax.Function):
                function = _SharedTensors(module).visit_expr(function)
                module[name] = _NumberedParameters(module, function).visit_expr(function)
        return module

    return apply


@mutator
class _SharedTensors(PyExprMutator):
    """Makes one tensor of all that have the same place, shape and type.

    The planner lets them share storage because no two of them are used at a time.
    """

    def __init__(self, module: tvm.IRModule) -> None:
        super().__init__(module)
        self._made: dict[tuple, relax.Var] = {}

    def visit_var_binding_(self, binding: relax.VarBinding) -> None:
        value = binding.value
        if not _is_call_of(value, "relax.memory.alloc_tensor"):
            super().visit_var_binding_(binding)
            return
        key = self._key(value)
        if key in self._made:
            self.set_var_remap(binding.var, self.visit_expr(self._made[key]))
            return
        super().visit_var_binding_(binding)
        self._made[key] = binding.var

    def _key(self, call: relax.Call) -> tuple:
        storage, *rest = call.args
        return (self.visit_expr(storage), *map(str, rest))


@mutator
class _NumberedParameters(PyExprMutator):
    """Hands kernels the array of parameters, and numbers in place of its elements."""

    def __init__(self, module: tvm.IRModule, function: relax.Function) -> None:
        super().__init__(module)
        self._arrays = set(function.params)

    def visit_call_(self, call: relax.Call) -> relax.Expr:
        call = super().visit_call_(call)
        name = call.op.global_symbol if isinstance(call.op, relax.ExternFunc) else ""
        if not name.startswith(_KERNELS):
            return call
        found = [self._parameter(argument) for argument in call.args]
        arrays = {element.tuple_value for element in found if element is not None}
        if not arrays:
            return call
        (array,) = arrays
        arguments = [
            argument if element is None else relax.prim_value(element.index)
            for argument, element in zip(call.args, found, strict=True)
        ]
        return relax.Call(call.op, [array, *arguments], call.attrs, call.ty_args, call.span)

    def _parameter(self, argument: relax.Expr) -> relax.TupleGetItem | None:
        value = self.lookup_binding(argument) if isinstance(argument, relax.Var) else None
        is_element = isinstance(value, relax.TupleGetItem) and value.tuple_value in self._arrays
        return value if is_element else None


def _is_call_of(value: relax.Expr, operator: str) -> bool:
    return isinstance(value, relax.Call) and value.op == tvm.ir.Op.get(operator)
