"""What the types of a DMN file say of a value counts since the eighth edition also inside lists and contexts,
in types that another one defines, for days with a time, for durations, and in columns of days and times."""

from __future__ import annotations

from html import escape
from typing import Any

import pytest

from orchestrator.engine import Edition, xml
from orchestrator.engine.decisions import findings
from orchestrator.engine.dmn_engine import DecisionFailed
from orchestrator.engine.errors import ExpressionFailed
from tests.engine.diagrams import Play
from tests.engine.test_decisions import BODY, HEAD, table

SINCE, BEFORE = Edition.EIGHTH, Edition.SEVENTH
STOPPED = "stopped"
_WHITE = '<allowedValues><text>"foo", "bar"</text></allowedValues>'
_ITEM = '<itemComponent name="{}"><typeRef>{}</typeRef></itemComponent>'
TYPES = (
    f'<itemDefinition name="tText"><typeRef>string</typeRef>{_WHITE}</itemDefinition>'
    '<itemDefinition name="tCopy"><typeRef>tText</typeRef></itemDefinition>'
    '<itemDefinition name="tOther"><typeRef>tText</typeRef>'
    '<allowedValues><text>"left"</text></allowedValues></itemDefinition>'
    '<itemDefinition name="tTexts" isCollection="true"><typeRef>tText</typeRef></itemDefinition>'
    f'<itemDefinition name="tList" isCollection="true"><typeRef>string</typeRef>{_WHITE}</itemDefinition>'
    '<itemDefinition name="tFew" isCollection="true"><typeRef>string</typeRef>'
    "<typeConstraint><text>count(?) &lt; 3</text></typeConstraint></itemDefinition>"
    f'<itemDefinition name="tGroup">{_ITEM.format("prop", "tText")}</itemDefinition>'
    f'<itemDefinition name="tSpaced">{_ITEM.format("a b", "tTexts")}</itemDefinition>'
    f'<itemDefinition name="tRows" isCollection="true">{_ITEM.format("prop", "tText")}</itemDefinition>'
    f'<itemDefinition name="tTree">{_ITEM.format("next", "tTree")}{_ITEM.format("prop", "tText")}'
    "</itemDefinition>"
    '<itemDefinition name="tMoments" isCollection="true"><typeRef>date and time</typeRef></itemDefinition>'
)
RESULTS: dict[tuple[str, str], tuple[Any, Any]] = {
    ('"foo"', "tCopy"): ("foo", "foo"),
    ('"baz"', "tCopy"): ("baz", STOPPED),
    ('"left"', "tOther"): ("left", "left"),
    ('"foo"', "tOther"): (STOPPED, STOPPED),
    ('["foo", "bar"]', "tTexts"): (["foo", "bar"], ["foo", "bar"]),
    ('["foo", null]', "tTexts"): (["foo", None], ["foo", None]),
    ('["foo", "baz"]', "tTexts"): (["foo", "baz"], STOPPED),
    ('["foo", "baz"]', "tList"): (["foo", "baz"], STOPPED),
    ('["a", "b"]', "tFew"): (["a", "b"], ["a", "b"]),
    ('["a", "b", "c"]', "tFew"): (["a", "b", "c"], STOPPED),
    ('{prop: "foo"}', "tGroup"): ({"prop": "foo"}, {"prop": "foo"}),
    ("{prop: null}", "tGroup"): ({"prop": None}, {"prop": None}),
    ('{prop: "baz"}', "tGroup"): ({"prop": "baz"}, STOPPED),
    ('{"a b": ["bar"]}', "tSpaced"): ({"a b": ["bar"]}, {"a b": ["bar"]}),
    ('{"a b": ["baz"]}', "tSpaced"): ({"a b": ["baz"]}, STOPPED),
    ('[{prop: "foo"}]', "tRows"): ([{"prop": "foo"}], [{"prop": "foo"}]),
    ('[{prop: "foo"}, {prop: "baz"}]', "tRows"): (
        [{"prop": "foo"}, {"prop": "baz"}],
        STOPPED,
    ),
    ('{next: null, prop: "baz"}', "tTree"): (
        {"next": None, "prop": "baz"},
        STOPPED,
    ),
    ("date(2000, 1, 2)", "date and time"): (
        "2000-01-02",
        "2000-01-02T00:00:00Z",
    ),
    ("[date(2000, 1, 2)]", "tMoments"): (
        ["2000-01-02"],
        ["2000-01-02T00:00:00Z"],
    ),
    ('duration("P1D")', "years and months duration"): ("P1D", None),
    ('duration("P1M")', "years and months duration"): ("P1M", "P1M"),
    ('duration("P1M")', "days and time duration"): ("P1M", None),
    ('duration("PT1H")', "days and time duration"): ("PT1H", "PT1H"),
}
"""(result, type) → its value in the seventh edition and since the eighth."""


@pytest.mark.parametrize(("text", "type_ref"), RESULTS)
@pytest.mark.parametrize("edition", [BEFORE, SINCE])
def test_a_result_is_of_its_type_in_all_its_parts(
    text: str, type_ref: str, edition: Edition
) -> None:
    content = (
        f'{HEAD}{TYPES}<decision id="route" name="定级"><variable name="out" typeRef="{type_ref}"/>'
        f"<literalExpression><text>{escape(text)}</text></literalExpression></decision></definitions>"
    )
    assert (
        _decided(content.encode(), edition)
        == RESULTS[text, type_ref][edition >= SINCE]
    )


@pytest.mark.parametrize(
    ("type_ref", "value", "since"),
    [
        ("date", "2026-03-01", "hit"),
        ("date", "2026-03-01T10:00", "hit"),
        ("date", "", "other"),
        ("date", "01.03.2026", STOPPED),
        ("date", "2026-02-30", STOPPED),
        ("date", 20260301, STOPPED),
        ("time", "10:00", "other"),
        ("time", "10点", STOPPED),
        ("dateTime", "2026-03-01", "hit"),
        ("dateTime", "下周", STOPPED),
    ],
)
def test_a_column_of_days_or_times_stops_for_a_text_that_is_none(
    type_ref: str, value: object, since: str
) -> None:
    cell = {
        "time": 'time("08:00:00")',
    }.get(type_ref, '>= date("2026-01-01")')
    content = (
        table([(cell, '"hit"'), ("-", '"other"')], 'hitPolicy="FIRST"')
        .decode()
        .replace('id="ie"', f'id="ie" typeRef="{type_ref}"')
    )
    of_camunda = content.replace(
        'namespace="t"', 'namespace="http://camunda.org/schema/1.0/dmn"'
    )
    assert _decided(of_camunda.encode(), SINCE, x=value) == since
    has_time = type_ref == "date" and "T" in str(value)
    of_standard = STOPPED if has_time else since
    assert _decided(content.encode(), SINCE, x=value) == of_standard


def test_input_data_of_a_type_is_looked_at_in_all_its_parts() -> None:
    content = (
        f'{HEAD}{TYPES}<inputData id="given" name="x"><variable name="x" typeRef="tTexts"/></inputData>'
        '<decision id="route" name="定级"><variable name="out"/><informationRequirement><requiredInput '
        'href="#given"/></informationRequirement><literalExpression><text>count(x)</text></literalExpression>'
        "</decision></definitions>"
    ).encode()
    assert _decided(content, SINCE, x=["foo", "bar"]) == 2
    assert _decided(content, SINCE, x=["foo", "baz"]) == STOPPED
    assert _decided(content, BEFORE, x=["foo", "baz"]) == 2


def test_a_type_of_very_many_limited_parts_is_refused_in_a_sentence() -> None:
    parts = _ITEM.format("left", "tWide") + _ITEM.format("right", "tWide")
    wide = f'<itemDefinition name="tWide">{parts}{_ITEM.format("prop", "tText")}</itemDefinition>'
    content = (
        f'{HEAD}{TYPES}{wide}<decision id="route" name="定级"><variable name="out" typeRef="tWide"/>'
        "<literalExpression><text>null</text></literalExpression></decision></definitions>"
    ).encode()
    root, _problems = xml.parse(content)
    assert [finding.message for finding in findings(root)] == [
        "决策表“定级”的类型里写明可取的值的部分太多，本系统不能逐一核对，请减少类型里的部分"
    ]


def _decided(content: bytes, edition: Edition, **variables: object) -> Any:
    try:
        return Play(
            BODY,
            variables=variables,
            resources={"r.dmn": content},
            edition=edition,
        ).outcome.variables["out"]
    except (ExpressionFailed, DecisionFailed):
        return STOPPED
