"""What stands below a decision table in its editor: its inputs, its tests, and what its hit policy means."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template
from flask_babel import lazy_gettext as N_

from orchestrator.services import designing
from orchestrator.services.deployments import table_tests
from orchestrator.services.designing import table_trials
from orchestrator.services.installation.read_session import session as reading
from orchestrator.store.drafts import Draft

POLICIES = (
    (
        N_("唯一（UNIQUE）"),
        N_("只能有一行命中，有两行就停下来报告"),
    ),
    (
        N_("首个（FIRST）"),
        N_("从上往下，取第一个命中的行"),
    ),
    (
        N_("优先级（PRIORITY）"),
        N_("取结果最重要的那一行，按输出列可选值的先后"),
    ),
    (
        N_("任一（ANY）"),
        N_("可以有几行命中，但结果必须相同"),
    ),
    (
        N_("汇总（COLLECT）"),
        N_("取所有命中的行，可以求和、取最小、取最大或计数"),
    ),
    (
        N_("按行序（RULE ORDER）"),
        N_("取所有命中的行，按表里的先后"),
    ),
    (
        N_("按输出序（OUTPUT ORDER）"),
        N_("取所有命中的行，按输出列可选值的先后"),
    ),
)
"""Hit policy and what it means."""


def fields(text: str) -> str:
    """The inputs of the table's decisions, drawn."""
    return render_template(
        "designer/_table_inputs.html",
        decisions=table_trials.decisions_of(text),
        numbers=table_trials.NUMBERS,
        longest=table_tests.LONGEST_NAME,
    )


def listed(draft: Draft, name: str, text: str) -> str:
    """The tests of the table with this text, drawn."""
    resources = designing.resources_of(reading(), draft, name, text)
    return drawn_tests(table_trials.test_results(resources, name))


def drawn_tests(results: Sequence[table_trials.TestResult]) -> str:
    """The tests as a list, each with how it goes."""
    return render_template(
        "designer/_table_tests.html", results=results, in_words=table_tests
    )
