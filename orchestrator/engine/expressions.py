"""The restricted evaluator: conditions, templates and assignments of designers, who are not programmers with a shell.

A whitelist of syntax without loops, comprehensions, attribute access to Python objects or calls other than FUNCTIONS, so that the work of an
expression is bounded by its length; the three operators that could grow values (+ * %) are guarded. Compiled once and cached.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import CodeType
from typing import Any

MAX_LENGTH = 2_000
MAX_DEPTH = 40
MAX_SIZE = 100_000
MAX_BITS = 256


class ExpressionRefused(ValueError):
    """The text is outside the allowed subset; the message is a Chinese sentence for the designer."""


class ExpressionError(ValueError):
    """Evaluation failed on these variables; the message is a Chinese sentence."""


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "len": len,
    "min": min,
    "max": max,
    "sum": sum,
    "abs": abs,
    "round": round,
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "any": any,
    "all": all,
    "sorted": sorted,
}
"""What an expression may call; besides `defined('x')` and `variable('x', otherwise)`."""

_EXPRESSION_NODES = (
    *(ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.UAdd),
    *(ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod),
    *(ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.Is, ast.IsNot),
    *(
        ast.IfExp,
        ast.Constant,
        ast.Name,
        ast.Load,
        ast.List,
        ast.Tuple,
        ast.Dict,
        ast.Subscript,
        ast.Slice,
        ast.Call,
        ast.Attribute,
    ),
)
_SCRIPT_NODES = (*_EXPRESSION_NODES, ast.Module, ast.Assign, ast.AugAssign, ast.If, ast.Pass, ast.Store)
LITERALS = {"true": True, "false": False, "null": None}
_SPECIAL = ("defined", "variable")
_WRAPPED = re.compile(r"^\s*[$#]\{(?P<inner>[^{}]*)\}\s*$", re.DOTALL)
_TEMPLATE_PART = re.compile(r"[$#]\{([^{}]*)\}")
_CHINESE_NAMES = {
    "Lambda": "匿名函数",
    "ListComp": "列表推导",
    "SetComp": "集合推导",
    "DictComp": "字典推导",
    "GeneratorExp": "生成器",
    "JoinedStr": "格式化字符串",
    "Pow": "乘方",
    "LShift": "移位",
    "RShift": "移位",
    "Import": "import",
    "ImportFrom": "import",
    "While": "循环",
    "For": "循环",
    "FunctionDef": "函数定义",
    "Starred": "星号展开",
    "NamedExpr": "赋值表达式",
}


def unwrap(text: str) -> str:
    """The expression inside a `${…}` or `#{…}` wrapper, or the text itself, stripped."""
    found = _WRAPPED.match(text)
    return (found["inner"] if found else text).strip()


def compile_checked(text: str) -> CodeType:
    """The compiled expression; raises ExpressionRefused with the reason."""
    return _compiled(unwrap(text), False)[0]


def compile_script(text: str) -> CodeType:
    """The compiled script of assignments; raises ExpressionRefused with the reason."""
    return _compiled(text.strip(), True)[0]


def names_read(text: str, script: bool = False) -> frozenset[str]:
    """Variables the expression or script reads, without those it assigns; raises ExpressionRefused."""
    return _compiled(text.strip() if script else unwrap(text), script)[2]


def names_assigned(script: str) -> frozenset[str]:
    """Variables that the script sets; raises ExpressionRefused."""
    return _compiled(script.strip(), True)[1]


def evaluate(text: str, variables: Mapping[str, Any]) -> Any:
    """The value of the expression over the variables; raises ExpressionRefused or ExpressionError."""
    code, _stored, _read = _compiled(unwrap(text), False)
    return _run(code, dict(variables), variables, text)


def execute(text: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables that the script assigns, with their values; raises ExpressionRefused or ExpressionError."""
    code, stored, _read = _compiled(text.strip(), True)
    scope = dict(variables)
    _run(code, scope, variables, text)
    return {name: scope[name] for name in stored if name in scope}


def fill(template: str, variables: Mapping[str, Any]) -> str | None:
    """The template with each `${…}` replaced by its value as text; a lone `${…}` of value None gives None."""
    if "{" not in template:
        return template
    if _WRAPPED.match(template):
        value = evaluate_leniently(template, variables)
        return None if value is None else as_text(value)
    return _TEMPLATE_PART.sub(lambda part: as_text(evaluate_leniently(part[1], variables)), template)


def template_expressions(template: str) -> list[str]:
    """The expressions that stand in the template's `${…}` parts."""
    return _TEMPLATE_PART.findall(template)


def evaluate_leniently(text: str, variables: Mapping[str, Any]) -> Any:
    """As evaluate, but a variable that does not exist is None."""
    code, _stored, read = _compiled(unwrap(text), False)
    scope = dict.fromkeys(read)
    scope.update(variables)
    return _run(code, scope, variables, text)


def as_text(value: Any) -> str:
    """A value as it stands in a template: lists joined by commas, None empty."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return ",".join(as_text(entry) for entry in value)
    return str(value)


def _run(code: CodeType, scope: dict[str, Any], variables: Mapping[str, Any], text: str) -> Any:
    scope.update(_BASE)
    scope["defined"] = lambda name: name in variables
    scope["variable"] = lambda name, otherwise=None: variables.get(name, otherwise)
    try:
        return eval(code, scope)  # code comes from the whitelist below and sees no builtins
    except NameError as error:
        name = getattr(error, "name", None) or str(error)
        raise ExpressionError(f"表达式「{text}」用到的变量「{name}」还没有值") from None
    except ExpressionRefused as error:
        raise ExpressionError(f"表达式「{text}」无法计算：{error}") from None
    except Exception as error:
        raise ExpressionError(f"表达式「{text}」无法计算：{error}") from None


@lru_cache(maxsize=20_000)
def _compiled(text: str, script: bool) -> tuple[CodeType, frozenset[str], frozenset[str]]:
    if not text:
        raise ExpressionRefused("表达式为空")
    if len(text) > MAX_LENGTH:
        raise ExpressionRefused(f"表达式超过 {MAX_LENGTH} 个字符")
    try:
        tree: ast.Module | ast.Expression = ast.parse(text, mode="exec") if script else ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionRefused(f"写法有误，{_advice(text)}") from None
    _refuse(tree, _SCRIPT_NODES if script else _EXPRESSION_NODES)
    stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    read -= {*FUNCTIONS, *_SPECIAL, *LITERALS}
    reserved = stored & {*FUNCTIONS, *_SPECIAL, *LITERALS}
    if reserved:
        raise ExpressionRefused(f"「{'、'.join(sorted(reserved))}」是保留名称，不能赋值")
    guarded = ast.fix_missing_locations(_Guard().visit(tree))
    code = compile(guarded, "<表达式>", "exec" if script else "eval")
    return code, frozenset(stored), frozenset(read - stored if script else read)


def _advice(text: str) -> str:
    """What a designer most likely meant by a text that does not compile."""
    if any(mark in text for mark in "“”‘’＂"):
        return '引号请用英文半角的 "，如 decision == "approve"'
    if re.search(r"(?<![=!<>])=(?!=)", text) or "= =" in text:
        return '判断相等要连写两个等号，如 decision == "approve"'
    if "&&" in text or "||" in text:
        return "并且写 and，或者写 or，不写 && 和 ||"
    if re.search(r"[＝（）＞＜，]", text):
        return "括号和运算符请用英文半角的"
    return '请检查括号、引号和运算符，写成 decision == "approve" 这样'


def _refuse(tree: ast.AST, allowed: tuple[type[ast.AST], ...]) -> None:
    level = [tree]
    for _depth in range(MAX_DEPTH):
        for node in level:
            _refuse_node(node, allowed)
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    raise ExpressionRefused(f"表达式嵌套超过 {MAX_DEPTH} 层")


def _refuse_node(node: ast.AST, allowed: tuple[type[ast.AST], ...]) -> None:
    if not isinstance(node, allowed):
        kind = type(node).__name__
        raise ExpressionRefused(f"不允许使用{_CHINESE_NAMES.get(kind, f'语法 {kind}')}")
    if isinstance(node, ast.Name) and node.id.startswith("_"):
        raise ExpressionRefused(f"变量名「{node.id}」不能以下划线开头")
    if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
        raise ExpressionRefused(f"不允许访问「{node.attr}」")
    if isinstance(node, ast.Constant) and isinstance(node.value, (bytes, complex, type(...))):
        raise ExpressionRefused("只允许文字、数字、真假和空值")
    if isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value.bit_length() > MAX_BITS:
        raise ExpressionRefused("数字过大")
    if isinstance(node, ast.Call):
        known = isinstance(node.func, ast.Name) and node.func.id in (*FUNCTIONS, *_SPECIAL)
        if not known or node.keywords:
            raise ExpressionRefused(f"只能调用 {'、'.join((*FUNCTIONS, *_SPECIAL))}")
    if isinstance(node, ast.Assign) and not all(isinstance(target, ast.Name) for target in node.targets):
        raise ExpressionRefused("只能给变量名赋值")
    if isinstance(node, ast.AugAssign) and not isinstance(node.target, ast.Name):
        raise ExpressionRefused("只能给变量名赋值")


class _Guard(ast.NodeTransformer):
    """Routes the growing operators and attribute access through guards, and `true` to True."""

    _guards = {ast.Mult: "_multiply", ast.Add: "_add", ast.Mod: "_modulo"}

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        guard = self._guards.get(type(node.op))
        if guard is None:
            return node
        return ast.copy_location(ast.Call(ast.Name(guard, ast.Load()), [node.left, node.right], []), node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        name = node.target.id if isinstance(node.target, ast.Name) else ""
        value = ast.BinOp(ast.Name(name, ast.Load()), node.op, node.value)
        return self.visit(ast.copy_location(ast.Assign([node.target], value), node))  # type: ignore[no-any-return]

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        return ast.copy_location(ast.Call(ast.Name("_member", ast.Load()), [node.value, ast.Constant(node.attr)], []), node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in LITERALS and isinstance(node.ctx, ast.Load):
            return ast.copy_location(ast.Constant(LITERALS[node.id]), node)
        return node


def _multiply(left: Any, right: Any) -> Any:
    if not (isinstance(left, (int, float)) and isinstance(right, (int, float))):
        raise ExpressionRefused("乘号只用于数字")
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() > MAX_BITS:
        raise ExpressionRefused("数字过大")
    return left * right


def _add(left: Any, right: Any) -> Any:
    sized = (str, list, tuple)
    if isinstance(left, sized) and isinstance(right, sized) and len(left) + len(right) > MAX_SIZE:
        raise ExpressionRefused("内容过长")
    return left + right


def _modulo(left: Any, right: Any) -> Any:
    if not (isinstance(left, (int, float)) and isinstance(right, (int, float))):
        raise ExpressionRefused("百分号只用于数字")
    return left % right


def _member(holder: Any, name: str) -> Any:
    if not isinstance(holder, Mapping):
        raise ExpressionRefused(f"「{name}」前面不是一组值")
    return holder.get(name)


_BASE: dict[str, Any] = {
    "__builtins__": {},
    **FUNCTIONS,
    "_multiply": _multiply,
    "_add": _add,
    "_modulo": _modulo,
    "_member": _member,
}
