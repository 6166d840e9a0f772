"""Which syntax an expression or a script can use, and how a refusal calls the rest."""

from __future__ import annotations

import ast

from orchestrator.engine import decimals, loops
from orchestrator.engine.functions import FUNCTIONS, OF_CELLS
from orchestrator.engine.walking import (
    LITERALS,
    SPECIAL,
    ExpressionRefused,
)
from orchestrator.sentences import say

MAX_DEPTH = 40
RESERVED = frozenset(LITERALS)


EXPRESSION_NODES = (
    *(
        ast.Expression,
        ast.BoolOp,
        ast.And,
        ast.Or,
        ast.UnaryOp,
        ast.Not,
        ast.USub,
        ast.UAdd,
    ),
    *(ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod),
    *(
        ast.Compare,
        ast.Eq,
        ast.NotEq,
        ast.Lt,
        ast.LtE,
        ast.Gt,
        ast.GtE,
        ast.In,
        ast.NotIn,
        ast.Is,
        ast.IsNot,
    ),
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
    *(ast.ListComp, ast.GeneratorExp, ast.comprehension, ast.Store),
)


SCRIPT_NODES = (
    *EXPRESSION_NODES,
    ast.Module,
    ast.Assign,
    ast.AugAssign,
    ast.If,
    ast.Pass,
)


_CHINESE_NAMES = {
    "Lambda": say("匿名函数"),
    "SetComp": say("集合推导"),
    "DictComp": say("字典推导"),
    "JoinedStr": say("格式化字符串"),
    "Pow": say("乘方"),
    "LShift": say("移位"),
    "RShift": say("移位"),
    "Import": say("引入语句（import）"),
    "ImportFrom": say("引入语句（import）"),
    "Expr": say("不赋值的语句"),
    "AnnAssign": say("带类型的赋值"),
    "BitAnd": say("按位运算"),
    "BitOr": say("按位运算"),
    "BitXor": say("按位运算"),
    "Invert": say("按位运算"),
    "MatMult": say("矩阵乘法"),
    "Set": say("集合"),
    "FormattedValue": say("格式化字符串"),
    "Await": say("异步写法"),
    "AsyncFor": say("异步写法"),
    "AsyncWith": say("异步写法"),
    "AsyncFunctionDef": say("异步写法"),
    "Yield": say("生成器"),
    "YieldFrom": say("生成器"),
    "ClassDef": say("类定义"),
    "With": say("上下文语句（with）"),
    "Try": say("捕捉错误的语句"),
    "TryStar": say("捕捉错误的语句"),
    "Raise": say("抛出错误的语句"),
    "Assert": say("断言"),
    "Delete": say("删除语句"),
    "Del": say("删除语句"),
    "Global": say("全局变量的声明"),
    "Nonlocal": say("外层变量的声明"),
    "Return": say("返回语句"),
    "Break": say("中断循环的语句"),
    "Continue": say("继续循环的语句"),
    "Match": say("分情形的语句"),
    "While": say("循环"),
    "For": say("循环"),
    "FunctionDef": say("函数定义"),
    "Starred": say("星号展开"),
    "NamedExpr": say("赋值表达式"),
}


def _named() -> list[str]:
    """The functions that a designer is told of."""
    return [name for name in (*FUNCTIONS, *SPECIAL) if name not in OF_CELLS]


def refuse(tree: ast.AST, allowed: tuple[type[ast.AST], ...]) -> None:
    if loops.stand_alone(tree):
        raise ExpressionRefused(say("这里的 for 要写在方括号里"))
    level = [tree]
    for _depth in range(MAX_DEPTH):
        for node in level:
            _refuse_node(node, allowed)
            if isinstance(node, ast.comprehension):
                _refuse_round(node)
        level = [
            child for node in level for child in ast.iter_child_nodes(node)
        ]
        if not level:
            return
    raise ExpressionRefused(
        say("表达式嵌套超过 {max_depth} 层", max_depth=MAX_DEPTH),
    )


def _refuse_node(node: ast.AST, allowed: tuple[type[ast.AST], ...]) -> None:
    if not isinstance(node, allowed):
        kind = type(node).__name__
        raise ExpressionRefused(
            say(
                "不允许使用{chinese_names}",
                chinese_names=_CHINESE_NAMES.get(kind) or say("这种写法"),
            ),
        )
    if isinstance(node, ast.Name) and node.id.startswith("_"):
        raise ExpressionRefused(
            say("变量名“{id}”不能以下划线开头", id=node.id),
        )
    if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
        raise ExpressionRefused(say("不允许访问“{attr}”", attr=node.attr))
    if isinstance(node, ast.Constant):
        _refuse_constant(node.value)
    if isinstance(node, ast.Dict) and None in node.keys:
        raise ExpressionRefused(say("不允许使用星号展开"))
    if isinstance(node, ast.Call):
        known = isinstance(node.func, ast.Name) and node.func.id in (
            *FUNCTIONS,
            *SPECIAL,
        )
        if isinstance(node.func, ast.Attribute):
            raise ExpressionRefused(
                say(
                    "“{name}(…)”是其他程序的方法，本系统不运行，请改用变量",
                    name=ast.unparse(node.func)[:60],
                ),
            )
        if not known or node.keywords:
            raise ExpressionRefused(
                say(
                    "只能调用 {listed}",
                    listed="、".join(_named()),
                ),
            )
    if isinstance(node, ast.Assign) and not all(
        isinstance(target, ast.Name) for target in node.targets
    ):
        raise ExpressionRefused(say("只能给变量名赋值"))
    if isinstance(node, ast.AugAssign) and not isinstance(
        node.target,
        ast.Name,
    ):
        raise ExpressionRefused(say("只能给变量名赋值"))


def _refuse_constant(value: object) -> None:
    if isinstance(value, (bytes, complex, type(...))):
        raise ExpressionRefused(say("只允许文字、数字、真假和空值"))
    if _has_half_a_character(value):
        raise ExpressionRefused(say("文字里有半个字符，请直接写出这个字"))
    if isinstance(value, str) and "\0" in value:
        raise ExpressionRefused(say("文字里不能有 \\0 这个字符，请删去"))
    if isinstance(value, int) and value > decimals.LARGEST:
        raise ExpressionRefused(say("数字过大"))
    if isinstance(value, float) and not abs(value) < decimals.LARGEST:
        raise ExpressionRefused(say("数字过大"))


def _refuse_round(node: ast.comprehension) -> None:
    name = loops.target_of(node)
    if not name or name in RESERVED or node.is_async:
        raise ExpressionRefused(
            say("for 后面只能写一个变量名，不能用保留名称"),
        )


def _has_half_a_character(value: object) -> bool:
    """Whether it is a text with one half of a pair of numbers, which no database keeps."""
    if not isinstance(value, str) or value.isascii():
        return False
    return any("\ud800" <= sign <= "\udfff" for sign in value)
