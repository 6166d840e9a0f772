"""Camunda 8 counts days of the week from 1 = Monday, Camunda 7 and Quartz from 1 = Sunday: in a cron cycle
they become names."""

from __future__ import annotations

import re
from typing import Any

from orchestrator.bpmn_import.report import Report
from orchestrator.engine.xml import tag
from orchestrator.sentences import say

_NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def convert(root: Any, report: Report) -> None:
    """Rewrites the last field of every cron cycle."""
    for node in root.iter(tag("timeCycle")):
        given = (node.text or "").strip()
        fields = given.strip("=\"' ").split()
        if len(fields) != 6:
            continue
        named = re.sub(
            r"(?<![#/\d])[0-7](?!\d)",
            lambda match: _NAMES[int(match[0])],
            fields[5],
        )
        if named != fields[5]:
            node.text = " ".join([*fields[:5], named])
            owner = node.getparent().getparent()
            report.mapped(
                owner,
                "timeCycle",
                say(
                    "周期“{given}”的星期原以 1 为周一，已写成“{text}”",
                    given=given,
                    text=node.text,
                ),
            )
