"""Norms in parts, points and annexes, companion documents, negative lists and catalogues: read strictly,
cited in words."""

from pathlib import Path

import pytest

from orchestrator.domain.jurisdiction import (
    JurisdictionInvalid,
    in_words,
    parse_jurisdiction,
)

BPMN = Path(__file__).parents[2] / "bpmn"
NORM = (BPMN / "qingdao" / "jurisdiction.toml").read_text(encoding="utf-8")
DRAFT = (BPMN / "xinxiang" / "jurisdiction.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("citation", "words"),
    [
        ("13", "第十三条"),
        ("13.1", "第十三条第一款"),
        ("四-2", "第四部分第2项"),
        ("附件二", "附件二"),
        ("队伍办法-16", "队伍办法第十六条"),
        ("default", "默认设置"),
    ],
)
def test_a_provision_is_told_in_words(citation: str, words: str) -> None:
    assert in_words(citation) == words


def test_a_companion_document_is_cited_by_its_own_title() -> None:
    profile = parse_jurisdiction(NORM)
    assert (
        profile.cite("四-2")
        == "《网格化服务管理工作规范（试行）》第四部分第2项"
    )
    assert profile.cite("附件二") == "《网格化服务管理工作规范（试行）》附件二"
    assert (
        profile.cite("队伍办法-16")
        == "《网格员队伍规范化建设工作办法（试行）》第十六条"
    )
    assert profile.article("队伍办法-16") is profile.articles["队伍办法-16"]


WRONG = [
    (
        NORM,
        '[articles."四-2"]',
        '[articles."四二"]',
        '[articles."四二"]',
        "应是阿拉伯数字",
    ),
    (
        NORM,
        '"队伍办法" =',
        '"办法" =',
        '[articles."队伍办法-7"]',
        "在 [regulation.documents] 中列出简称",
    ),
    (
        NORM,
        'citation = "四-3"',
        'citation = "四-9"',
        'citation = "四-9"',
        "[articles] 中的编号",
    ),
    (
        NORM,
        'id = "danger"',
        'id = "internal"',
        'id = "internal"\ntext = "办理中',
        "写了不止一次",
    ),
    (NORM, 'id = "danger"', 'id = "危险"', 'id = "危险"', "小写字母开头"),
    (
        NORM,
        "exception = false",
        'exception = "no"',
        'exception = "no"',
        "应是 true 或 false",
    ),
    (
        NORM,
        'size_settings = ["urban"]',
        'size_settings = ["town"]',
        'size_settings = ["town"]',
        "“town”不在可选之列",
    ),
    (
        NORM,
        'duties = ["基础',
        'duty = ["基础',
        'duty = ["基础',
        "不认识的设置“notice.duty”",
    ),
    (
        DRAFT,
        '[items.catalogue]\ncitation = "13.1"',
        '[items.catalogue]\ncitation = "31"',
        '"31"',
        "第 31 条不在",
    ),
]


@pytest.mark.parametrize(("text", "right", "wrong", "where", "words"), WRONG)
def test_a_wrong_setting_is_told_with_its_line(
    text: str, right: str, wrong: str, where: str, words: str
) -> None:
    assert right in text
    changed = text.replace(right, wrong, 1)
    line = changed[: changed.index(where)].count("\n") + 1
    with pytest.raises(JurisdictionInvalid) as refused:
        parse_jurisdiction(changed, "profile.toml")
    told = refused.value.reasons
    assert any(
        reason.startswith(f"profile.toml 第 {line} 行：") and words in reason
        for reason in told
    ), told


def test_a_catalogue_holds_only_categories_of_the_list() -> None:
    text = DRAFT.replace(
        'citation = "13.1"\ncategories = ["基础信息采集"',
        'citation = "13.1"\ncategories = ["别的"',
        1,
    )
    with pytest.raises(JurisdictionInvalid) as refused:
        parse_jurisdiction(text)
    assert any(
        "“别的”不在可选之列" in reason for reason in refused.value.reasons
    )


def test_the_negative_lists_say_whether_a_law_may_except_them() -> None:
    assert [
        rule.exception for rule in parse_jurisdiction(NORM).negative_list
    ] == [False] * 7
    assert [
        rule.exception for rule in parse_jurisdiction(DRAFT).negative_list
    ] == [True] * 4
