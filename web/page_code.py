"""How pages are compiled: what a template writes thousands of times becomes a plain call of Python."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import FunctionType, MethodType
from typing import Any

from flask import Flask, request, url_for
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup, escape

try:
    from markupsafe._speedups import _escape_inner as escaped
except ImportError:
    from markupsafe._native import _escape_inner as escaped

KEPT = 2_000
"""Addresses that a process keeps; the one that was not asked for longest goes."""


def register(app: Flask) -> None:
    """Compiles templates so, and lets them ask for each address once."""
    app.jinja_env.code_generator_class = PageCode
    app.jinja_env.globals["url_for"] = _addresses()


def html(value: Any) -> str:
    """The value as a part of a page. markupsafe's `escape` makes an object of each, which a page only joins
    to others."""
    kind = type(value)
    if kind is str:
        return escaped(value)
    if kind is Markup:
        return value
    return escape(value)


class PageCode(CodeGenerator):
    """Jinja's compiler, which asks at each call of a page whether the function wants the page's context; a
    global one can be asked when the page is compiled."""

    def visit_Template(
        self,
        node: nodes.Template,
        frame: Frame | None = None,
    ) -> None:
        self.writeline("from web.page_code import html")
        super().visit_Template(node, frame)

    def _output_child_pre(
        self,
        node: nodes.Expr,
        frame: Frame,
        finalize: Any,
    ) -> None:
        known = frame.eval_ctx.autoescape and not frame.eval_ctx.volatile
        if known and finalize.src is None:
            self.write("html(")
        else:
            super()._output_child_pre(node, frame, finalize)

    def visit_Call(
        self,
        node: nodes.Call,
        frame: Frame,
        forward_caller: bool = False,
    ) -> None:
        if forward_caller or not self._is_plain(node):
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.visit(node.node, frame)
        self.write("(")
        for argument in (*node.args, *node.kwargs):
            self.visit(argument, frame)
            self.write(", ")
        self.write(")")

    def _is_plain(self, node: nodes.Call) -> bool:
        """Whether it calls a global function that takes its arguments alone."""
        if not isinstance(node.node, nodes.Name):
            return False
        function = self.environment.globals.get(node.node.name)
        return (
            isinstance(function, (FunctionType, MethodType))
            and not hasattr(function, "jinja_pass_arg")
            and node.dyn_args is None
            and node.dyn_kwargs is None
        )


def _addresses() -> Callable[..., str]:
    """Flask's `url_for` for the templates of one application. An address follows from its parts and from
    where the product is mounted; nothing of a person goes into it."""

    @lru_cache(KEPT)
    def known(
        _mounted: str,
        _method: str,
        endpoint: str,
        *values: tuple[str, str],
    ) -> str:
        parts: dict[str, Any] = dict(values)
        return url_for(endpoint, **parts)

    def address(endpoint: str, **values: Any) -> str:
        is_told = not endpoint.startswith(".") and all(
            type(value) is str for value in values.values()
        )
        if is_told and request:
            return known(
                request.root_path,
                request.method,
                endpoint,
                *values.items(),
            )
        return url_for(endpoint, **values)

    return address
