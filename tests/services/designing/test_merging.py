"""Two designers at one draft: what does not overlap is put together, what does is asked, nothing is lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import etree

from orchestrator.engine.xml import tag
from orchestrator.services.designing.merging import Unreadable, merge

ROOT = Path(__file__).parents[3]
ADMISSION = (ROOT / "bpmn/zhenjiang/item_admission.bpmn").read_text()
FILE = "item_admission.bpmn"


def changed(text: str, *replacements: tuple[str, str]) -> str:
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return text


def names(text: str) -> dict[str, str]:
    root = etree.fromstring(text.encode())
    return {
        node.get("id"): node.get("name")
        for node in root.iter(etree.Element)
        if node.get("id") and node.get("name")
    }


def test_changes_of_different_elements_are_put_together() -> None:
    mine = changed(ADMISSION, ('name="审核申请"', 'name="初审"'))
    theirs = changed(ADMISSION, ('name="组织实施"', 'name="落实"'))
    merged = merge(FILE, ADMISSION, theirs, mine)
    assert merged.overlapping == ()
    assert names(merged.text) == {
        **names(ADMISSION),
        "review_application": "初审",
        "organize_implementation": "落实",
    }


def test_a_step_of_mine_stands_in_their_drawing_with_its_flows_and_lane() -> (
    None
):
    flow = re.search(r'<\w*:?sequenceFlow id="(\w+)"[^>]*/>', ADMISSION)
    assert flow
    step = (
        '<bpmn:userTask id="mine"/><bpmn:sequenceFlow id="to_mine" '
        'sourceRef="review_application" targetRef="mine"/>'
    )
    mine = changed(
        ADMISSION,
        (flow[0], flow[0] + step),
        (
            "<bpmn:flowNodeRef>review_application</bpmn:flowNodeRef>",
            "<bpmn:flowNodeRef>review_application</bpmn:flowNodeRef>"
            "<bpmn:flowNodeRef>mine</bpmn:flowNodeRef>",
        ),
    )
    theirs = changed(ADMISSION, ('name="组织实施"', 'name="落实"'))
    merged = merge(FILE, ADMISSION, theirs, mine)
    assert merged.overlapping == ()
    root = etree.fromstring(merged.text.encode())
    (made,) = (
        node for node in root.iter(tag("userTask")) if node.get("id") == "mine"
    )
    assert [each.text for each in made.findall(tag("incoming"))] == ["to_mine"]
    members = [each.text for each in root.iter(tag("flowNodeRef"))]
    assert members.count("mine") == 1
    assert names(merged.text)["organize_implementation"] == "落实"


def test_what_both_changed_is_named_and_mine_counts() -> None:
    mine = changed(ADMISSION, ('name="审核申请"', 'name="初审"'))
    theirs = changed(
        ADMISSION,
        ('name="审核申请"', 'name="复核"'),
        ('name="组织实施"', 'name="落实"'),
    )
    merged = merge(FILE, ADMISSION, theirs, mine)
    assert merged.overlapping == ("复核",)
    told = names(merged.text)
    assert told["review_application"] == "初审"
    assert told["organize_implementation"] == "落实"


def test_what_one_deleted_and_the_other_changed_stays() -> None:
    root = etree.fromstring(ADMISSION.encode())
    (step,) = [
        node
        for node in root.iter(tag("userTask"))
        if node.get("id") == "organize_implementation"
    ]
    step.getparent().remove(step)
    without = etree.tostring(root).decode()
    kept = changed(ADMISSION, ('name="组织实施"', 'name="落实"'))
    for mine, theirs in ((without, kept), (kept, without)):
        merged = merge(FILE, ADMISSION, theirs, mine)
        assert "落实" in merged.overlapping
        assert names(merged.text)["organize_implementation"] == "落实"
    gone = merge(FILE, ADMISSION, without, without)
    assert "organize_implementation" not in names(gone.text)


def test_one_side_alone_gives_that_side() -> None:
    mine = changed(ADMISSION, ('name="审核申请"', 'name="初审"'))

    def said(text: str) -> object:
        root = etree.fromstring(text.encode())
        return sorted(
            (
                str(node.tag),
                sorted(node.attrib.items()),
                (node.text or "").strip(),
            )
            for node in root.iter(etree.Element)
        )

    assert said(merge(FILE, ADMISSION, ADMISSION, mine).text) == said(mine)
    assert said(merge(FILE, ADMISSION, mine, ADMISSION).text) == said(mine)


def test_remarks_of_a_diagram_are_no_obstacle() -> None:
    remark = ("<!-- 按第七条 -->", "<?review done?>")
    step = re.search(
        r'<bpmn:userTask id="review_application"[^>]*>', ADMISSION
    )
    assert step
    mine = changed(
        ADMISSION,
        (step[0], step[0].replace("审核申请", "初审") + "".join(remark)),
    )
    theirs = changed(ADMISSION, ('name="组织实施"', 'name="落实"'))
    merged = merge(FILE, ADMISSION, theirs, mine)
    assert all(each in merged.text for each in remark)
    assert names(merged.text)["review_application"] == "初审"


def test_a_form_or_table_counts_as_a_whole() -> None:
    base = '{"id": "a", "components": []}'
    same = '{"components": [], "id": "a"}'
    mine = '{"id": "a", "components": [1]}'
    assert merge("a.form", base, same, mine).text == mine
    assert merge("a.form", base, mine, same).text == mine
    both = merge("a.form", base, '{"id": "b"}', mine)
    assert both.overlapping == ("a.form",)


def test_what_is_no_diagram_is_not_merged() -> None:
    with pytest.raises(Unreadable):
        merge(FILE, ADMISSION, ADMISSION, "<broken")
