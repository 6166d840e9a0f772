"""JUEL in the inputs, results and default values of a decision, as Camunda 7 and Flowable read it, written as
expressions of ours. What tests an input's value in JUEL stays as it is and is refused."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from orchestrator.engine import (
    dmn_nodes,
    expressions,
    languages,
    written_in,
)
from orchestrator.engine.translating import Untranslatable

_PLACES = (
    "inputExpression",
    "outputEntry",
    "defaultOutputEntry",
    "literalExpression",
)
_WRAPPED = re.compile(r"^[$#]\{[^{}]*\}$")
_OURS = "python"
"""What `written_in` takes for our own language."""


def put_ours(decision: Any, whole: str | None) -> None:
    """Writes these expressions of the decision, a copy, as ours. `whole`: the language of the whole file. Of
    what names no language only `${…}` that is no expression of ours is JUEL."""
    for node in decision.iter():
        if dmn_nodes.local(node) not in _PLACES:
            continue
        text = dmn_nodes.text(node)
        if _is_juel(text, node.get("expressionLanguage") or whole):
            with suppress(Untranslatable):
                ours = languages.from_juel(expressions.unwrap(text))
                dmn_nodes.child(node, "text").text = f"${{{ours}}}"
                node.set("expressionLanguage", _OURS)


def _is_juel(text: str, language: str | None) -> bool:
    if not text or written_in.is_bare(text):
        return False
    if language:
        return written_in.language(language) == written_in.JUEL
    return bool(_WRAPPED.match(text)) and bool(languages.objection(text))
