"""Python that SpiffWorkflow's modelers write and our language has in other words: texts with values in them,
entries that are set or asked for, lists that grow."""

from __future__ import annotations

import ast
from collections.abc import Callable

from orchestrator.engine import expressions
from orchestrator.engine.translating import LONGEST_SCRIPT
from orchestrator.engine.written_in import is_text


def expression(text: str) -> str | None:
    """The expression in our words; None for one that cannot be said in them."""
    return _in_ours(text, "eval", expressions.compile_checked)


def script(text: str) -> str | None:
    """The script's assignments in our words; None for a script that does anything else."""
    return _in_ours(text, "exec", expressions.compile_script)


def _in_ours(
    text: str, mode: str, check: Callable[[str], object]
) -> str | None:
    if len(text) > LONGEST_SCRIPT:
        return None
    try:
        tree = ast.parse(text, mode=mode)
        if _shares(tree):
            return None
        written = ast.unparse(ast.fix_missing_locations(_Ours().visit(tree)))
        check(written)
    except (
        SyntaxError,
        ValueError,
        RecursionError,
        MemoryError,
        expressions.ExpressionRefused,
    ):
        return None
    return written


def _shares(tree: ast.AST) -> bool:
    """Whether something that it changes in place may have two names: here each would be changed alone."""
    changed = {
        node.value.id
        for node in ast.walk(tree)
        if isinstance(node, (ast.Attribute, ast.Subscript))
        and isinstance(node.value, ast.Name)
        and (
            isinstance(node.ctx, ast.Store)
            or getattr(node, "attr", "") == "append"
        )
    }
    changed |= {
        node.target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.AugAssign)
        and isinstance(node.target, ast.Name)
        and isinstance(node.value, ast.List)
    }
    for node in ast.walk(tree):
        if _held(node) & changed:
            return True
        if _alias(node, changed):
            return True
    return False


def _held(node: ast.AST) -> set[str]:
    """Variables that something is given as they are."""
    given: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        given = [node.value]
    elif isinstance(node, (ast.List, ast.Tuple)):
        given = node.elts
    elif isinstance(node, ast.Dict):
        given = node.values
    elif isinstance(node, ast.Call):
        given = node.args
    return {
        name.id
        for value in given
        for name in _may_be(value)
        if isinstance(name, ast.Name)
    }


def _may_be(value: ast.expr) -> list[ast.expr]:
    """The expressions one of which is the value itself."""
    if isinstance(value, ast.IfExp):
        return [*_may_be(value.body), *_may_be(value.orelse)]
    if isinstance(value, ast.BoolOp):
        return [part for entry in value.values for part in _may_be(entry)]
    return [value]


def _is_there_already(value: ast.expr) -> bool:
    """Whether the value may be something that another name has too."""
    if isinstance(value, ast.Call):
        method = getattr(value.func, "attr", "")
        function = getattr(value.func, "id", "")
        return method == "get" or function in ("max", "min")
    return isinstance(value, ast.Name | ast.Subscript | ast.Attribute)


def _alias(node: ast.AST, changed: set[str]) -> bool:
    if not isinstance(node, ast.Assign):
        return False
    names = {
        target.id for target in node.targets if isinstance(target, ast.Name)
    }
    shared = any(_is_there_already(value) for value in _may_be(node.value))
    return bool(names & changed) and (shared or len(node.targets) > 1)


class _Ours(ast.NodeTransformer):
    """What it does not know stays, and is refused when it is compiled."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        whole: ast.expr = ast.Constant("")
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                if part.conversion != -1 or part.format_spec is not None:
                    return node
                value: ast.expr = _call("str", [self.visit(part.value)])
            else:
                value = part
            whole = _sum(whole, value)
        return whole

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        self.generic_visit(node)
        target = node.targets[0]
        if (
            len(node.targets) > 1
            or not isinstance(target, ast.Subscript)
            or not isinstance(target.value, ast.Name)
            or isinstance(target.slice, ast.Slice)
            or not is_text(target.slice)
        ):
            return node
        holder = target.value.id
        changed = _call("put", [ast.Name(holder), target.slice, node.value])
        return ast.Assign([ast.Name(holder, ast.Store())], changed)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        self.generic_visit(node)
        call = node.value
        if (
            not isinstance(call, ast.Call)
            or not isinstance(call.func, ast.Attribute)
            or not isinstance(call.func.value, ast.Name)
            or call.func.attr != "append"
            or len(call.args) != 1
            or call.keywords
        ):
            return node
        grown = call.func.value.id
        longer = _sum(ast.Name(grown), ast.List(call.args))
        return ast.Assign([ast.Name(grown, ast.Store())], longer)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        method = node.func
        if (
            not isinstance(method, ast.Attribute)
            or node.keywords
            or not _can_be_repeated(method.value)
        ):
            return node
        if method.attr == "get" and len(node.args) in (1, 2):
            return _got(node, method.value, node.args)
        if method.attr in ("startswith", "endswith") and len(node.args) == 1:
            return _begins(node, method, node.args[0])
        return node


def _got(node: ast.Call, holder: ast.expr, given: list[ast.expr]) -> ast.AST:
    key = given[0]
    if not is_text(key):
        return node
    if len(given) == 2:
        otherwise = given[1]
    else:
        otherwise = ast.Constant(None)
    present = ast.Compare(key, [ast.In()], [holder])
    return ast.IfExp(present, ast.Subscript(holder, key), otherwise)


def _begins(node: ast.Call, method: ast.Attribute, part: ast.expr) -> ast.AST:
    if not isinstance(part, ast.Constant) or not isinstance(part.value, str):
        return node
    if not part.value:
        return node
    length = ast.Constant(len(part.value))
    if method.attr == "startswith":
        cut = ast.Slice(upper=length)
    else:
        cut = ast.Slice(lower=ast.UnaryOp(ast.USub(), length))
    return ast.Compare(ast.Subscript(method.value, cut), [ast.Eq()], [part])


def _can_be_repeated(node: ast.AST) -> bool:
    """Whether it is a variable, or an entry of one."""
    if isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Constant) and _can_be_repeated(
            node.value,
        )
    if isinstance(node, ast.Attribute):
        return _can_be_repeated(node.value)
    return isinstance(node, ast.Name)


def _call(name: str, given: list[ast.expr]) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), given, [])


def _sum(left: ast.expr, right: ast.expr) -> ast.BinOp:
    return ast.BinOp(left, ast.Add(), right)
