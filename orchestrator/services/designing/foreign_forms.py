"""A form made with another tool becomes a form of the draft: form-js of Camunda 8, or a JSON Schema."""

from __future__ import annotations

import json

import forms
from forms import json_schema
from orchestrator.errors import RuleViolated
from orchestrator.sentences import joined, say

LARGEST = 300_000
"""Bytes of a file."""


def adopt(content: bytes, key: str, title: str) -> str:
    """The file as the text of our form of that key. Raises RuleViolated for a file that is no form."""
    if len(content) > LARGEST:
        raise RuleViolated([say("表单文件超过 300 KB，请拆成几张表单")])
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        data = None
    if json_schema.is_schema(data):
        form = {"components": json_schema.components(data)}
    elif isinstance(data, dict) and isinstance(data.get("components"), list):
        form = data
    else:
        raise RuleViolated(
            [
                say(
                    "这不是表单文件：应为 form-js 的 JSON（含 components）或 JSON Schema（含 properties）",
                ),
            ],
        )
    named = {
        "type": "default",
        "schemaVersion": 18,
        **form,
        "id": key,
        "title": title,
    }
    text = json.dumps(named, ensure_ascii=False, indent=2) + "\n"
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RuleViolated([say("文件里有无法保存的字符")]) from None
    return text


def objections(text: str) -> str:
    """What of the form cannot be used here, by name, as one sentence; empty where all of it can."""
    try:
        forms.load(text)
    except forms.FormUnsupported as refused:
        return joined("；", list(refused.reasons))
    return ""
