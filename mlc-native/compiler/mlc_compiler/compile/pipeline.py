"""The passes from a model's Relax functions to functions for TVM's virtual machine."""

import tvm
from tvm import relax
from tvm.relax import transform


def lower() -> tvm.transform.Pass:
    """Graph to kernel calls: operators become kernels, element-wise ones are fused."""
    return tvm.transform.Sequential(
        [
            transform.LegalizeOps(),
            transform.AnnotateTIROpPattern(),
            transform.FoldConstant(),
            transform.FuseOps(),
            transform.FuseTIR(),
            transform.DeadCodeElimination(),
            transform.RewriteDataflowReshape(),
            transform.ToNonDataflow(),
            transform.RemovePurityChecking(),
            transform.CallTIRRewrite(),
        ]
    )


def plan_memory(bounds: dict[str, int]) -> tvm.transform.Pass:
    """Kernel calls share storage, sized by the greatest values of the symbolic sizes."""
    return tvm.transform.Sequential([_attach_bounds(bounds), transform.StaticPlanBlockMemory()])


def finish() -> tvm.transform.Pass:
    """What the virtual machine's code generator needs, with as few instructions as possible.

    Nothing is freed before a function returns: tensors share the storage that was planned.
    """
    return tvm.transform.Sequential(
        [
            transform.CanonicalizeBindings(),
            transform.DeadCodeElimination(),
            transform.LowerAllocTensor(),
            transform.LowerRuntimeBuiltin(),
            transform.VMShapeLower(),
            transform.AttachGlobalSymbol(),
        ]
    )


def memory_usage(module: tvm.IRModule) -> dict[str, int]:
    """Bytes of planned storage of each Relax function, by name."""
    usage = {}
    for name, function in module.functions_items():
        if isinstance(function, relax.Function):
            usage[name.name_hint] = _planned_bytes(function)
    return usage


def _planned_bytes(function: relax.Function) -> int:
    total = 0
    alloc_storage = tvm.ir.Op.get("relax.memory.alloc_storage")

    def visit(expr: relax.Expr) -> None:
        nonlocal total
        if isinstance(expr, relax.Call) and expr.op == alloc_storage:
            total += int(expr.args[0].values[0])

    relax.analysis.post_order_visit(function, visit)
    return total


def _attach_bounds(bounds: dict[str, int]) -> tvm.transform.Pass:
    @tvm.transform.module_pass(opt_level=0)
    def attach(module: tvm.IRModule, _context) -> tvm.IRModule:
        for name, function in list(module.functions_items()):
            if isinstance(function, relax.Function):
                module[name] = function.with_attr("tir_var_upper_bound", bounds)
        return module

    return attach
