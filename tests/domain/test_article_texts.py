"""The article's own text stands beside our summary: which wording holds on a day, and the paragraph that a
citation names."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from orchestrator.domain.jurisdiction import parse_jurisdiction
from orchestrator.domain.jurisdiction.article_texts import (
    cited_text,
    paragraphs,
)
from orchestrator.domain.jurisdiction.reading import JurisdictionInvalid

BPMN = Path(__file__).parents[2] / "bpmn"
CITIES = ("dongying", "xinxiang", "xizang", "qingdao", "zhenjiang")
AMENDED = """text = "新的第一款\\n新的第二款"
[[articles.15.former]]
text = "原来的条文"
until = 2025-01-01
amended_by = "2024年第8号令"
"""


def profile_of(city: str) -> str:
    return (BPMN / city / "jurisdiction.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("city", CITIES)
def test_every_article_that_is_cited_can_be_read_in_the_regulations_own_words(
    city: str,
) -> None:
    profile = parse_jurisdiction(profile_of(city))
    unread = {
        number for number in profile.articles if not profile.own_text(number)
    }
    assert unread <= {"附件一"}, "annex 1 is a table of kinds of items"


def test_a_citation_of_a_paragraph_reads_it_with_its_items() -> None:
    text = "第一款：\n（一）甲；\n（二）乙。\n第二款。"
    assert paragraphs(text) == ["第一款：\n（一）甲；\n（二）乙。", "第二款。"]
    assert cited_text(text, "8.2") == "第二款。"
    assert cited_text(text, "8.9") == cited_text(text, "8") == text


def test_an_amended_article_keeps_what_it_said_before() -> None:
    before, heading, after = profile_of("template").partition(
        "[articles.15]\n"
    )
    assert not heading, "the template has no article 15"
    added = f'\n[articles.15]\nheading = "试行"\nsummary = "试行"\n{AMENDED}'
    profile = parse_jurisdiction(before + after + added)
    assert profile.own_text("15.2") == "新的第二款"
    assert profile.own_text("15.2", date(2025, 1, 1)) == "新的第二款"
    assert profile.own_text("15", date(2024, 12, 31)) == "原来的条文"
    with pytest.raises(JurisdictionInvalid, match="从哪一天起施行"):
        parse_jurisdiction(
            before + after + added.replace("until = 2025-01-01\n", "")
        )
