"""Diagrams with something changed or gone: refused at the check, or run; whatever goes wrong on the way is
told as an error of ours."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest
from lxml import etree

from orchestrator.bpmn_checks import check
from orchestrator.engine.errors import EngineError
from tests.engine.diagrams import END, START, Play, document, flow, user
from tests.engine.drawn_elsewhere import SMALL
from tests.engine.drawn_undone import UNDONE
from tests.engine.walks import Walker, domain

PUT = [
    "",
    "x",
    "a",
    "start",
    "end",
    "g",
    "q",
    "true",
    "false",
    "0",
    "2",
    "${x}",
    "=1 +",
    "P1D",
    "R/PT1M",
    "None",
    "[]",
]
ROUNDS = 10
DRAWN = SMALL | UNDONE


def damaged(
    resources: Mapping[str, bytes], chance: random.Random
) -> dict[str, bytes]:
    """The files with one to three attributes, texts or elements changed, gone, moved or doubled."""
    found = dict(resources)
    for _ in range(chance.randint(1, 3)):
        name = chance.choice(sorted(found))
        root = etree.fromstring(found[name])
        node = chance.choice(
            [each for each in root.iter() if each is not root]
        )
        match chance.randint(0, 4):
            case 0 if node.attrib:
                del node.attrib[chance.choice(sorted(node.attrib))]
            case 1 if node.attrib:
                node.set(
                    chance.choice(sorted(node.attrib)), chance.choice(PUT)
                )
            case 2:
                node.getparent().remove(node)
            case 3:
                chance.choice([root, *root.iter()]).append(
                    etree.fromstring(etree.tostring(node))
                )
            case _:
                node.text = chance.choice(PUT)
        found[name] = etree.tostring(root)
    return found


def walked(resources: Mapping[str, bytes], chance: random.Random) -> None:
    """Some steps at random; raises what the engine raises."""
    values = domain(resources)

    def some() -> dict[str, object]:
        return {
            name: chance.choice([*options, None, "乱", 7])
            for name, options in values.items()
        }

    play = Walker(resources, "p", some())
    for _step in range(8):
        possible = play.moves()
        if not possible:
            return
        kind, name = chance.choice(possible)
        play.move(kind, name, {} if kind == "fire" else some())


@pytest.mark.parametrize("name", DRAWN)
def test_a_damaged_diagram_is_refused_or_fails_with_an_error_of_ours(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    chance = random.Random(name)
    for _round in range(ROUNDS):
        resources = damaged(DRAWN[name], chance)
        gone = not any(b' id="p"' in content for content in resources.values())
        if gone or any(each.severity == "error" for each in check(resources)):
            continue
        try:
            walked(resources, chance)
        except EngineError as failure:
            assert failure.message
        assert not caplog.records, (
            "what the check lets pass never fails unforeseen"
        )


@pytest.mark.parametrize("inside", ["", user("u"), START])
def test_a_called_process_that_is_empty_or_incomplete_is_refused_and_never_leaves_another_error(
    inside: str,
) -> None:
    called = document(inside, key="q").replace(b'id="start"', b'id="qs"')
    body = (
        START
        + END
        + '<callActivity id="x" name="调用" calledElement="q"/>'
        + flow("start", "x", "end")
    )
    found = {
        each.element_id
        for each in check({"p.bpmn": document(body), "q.bpmn": called})
        if each.severity == "error"
    }
    assert found or inside == START
    try:
        Play(body, resources={"q.bpmn": called})
    except EngineError as failure:
        assert failure.message


@pytest.mark.parametrize(
    ("called", "words"),
    [
        ('<process id="q" isExecutable="true"/>', "是空的"),
        ('<process id="q"/>', "是空的"),
        (
            f'<process id="q">{START.replace("start", "qs")}{user("u")}{flow("qs", "u")}</process>',
            "没有标为可执行",
        ),
        ("", "不在本次发布中"),
    ],
)
def test_a_call_to_what_cannot_run_is_refused_at_the_call(
    called: str, words: str
) -> None:
    body = (
        START
        + END
        + '<callActivity id="x" name="调用" calledElement="q"/>'
        + flow("start", "x", "end")
    )
    found = [
        each
        for each in check({"p.bpmn": document(body, called)})
        if each.severity == "error" and each.element_id == "x"
    ]
    assert [words in each.message for each in found] == [True]


def test_an_unforeseen_failure_is_told_as_ours_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(
        "orchestrator.engine.workflow.ProcessInstance.do_engine_steps",
        lambda *_given: {}["gone"],
    )
    with pytest.raises(EngineError, match="流程引擎无法继续"):
        Play(START + user("a") + END + flow("start", "a", "end"))
    assert [record.levelname for record in caplog.records] == ["ERROR"]
