"""Files as they arrive in life: something is missing, something is misspelt. The import never fails; it
refuses with a sentence or reports."""

from __future__ import annotations

import random

import pytest
from lxml import etree

from orchestrator.bpmn_import import convert
from orchestrator.engine import xml
from orchestrator.errors import RuleViolated
from tests.bpmn_import.test_imports import FILES, FOLDER, converted

DAMAGE = [
    "",
    "x",
    "${",
    "= ",
    "=[",
    "{}",
    "${a.b()}",
    "中",
    "=1 +",
    "P1D",
    "true",
    "def f(): pass",
]


def damaged(name: str, chance: random.Random) -> bytes:
    """The diagram with up to four attributes, texts or elements changed or gone."""
    root = etree.fromstring((FOLDER / name).read_bytes())
    nodes = [
        node
        for node in root.iter()
        if isinstance(node.tag, str)
        and "/DI}" not in node.tag
        and "/DD/" not in node.tag
    ]
    for node in chance.sample(nodes, chance.randint(1, 4)):
        match chance.randint(0, 3):
            case 0 if node.attrib:
                del node.attrib[chance.choice(sorted(node.attrib))]
            case 1 if node.getparent() is not None:
                node.getparent().remove(node)
            case 2 if node.attrib:
                node.set(
                    chance.choice(sorted(node.attrib)), chance.choice(DAMAGE)
                )
            case _:
                node.text = chance.choice(DAMAGE)
    return etree.tostring(root)


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_refused_or_reported_and_what_comes_out_is_stable(
    name: str,
) -> None:
    chance, read = random.Random(name), 0
    for _round in range(25):
        try:
            found = convert(damaged(name, chance))
        except RuleViolated as refused:
            assert refused.reasons
            continue
        read += 1
        assert not [line for line in found.lines if "None" in line.told]
        assert convert(found.diagram.encode()).diagram == found.diagram
    assert read > 5


@pytest.mark.parametrize("name", FILES)
def test_remarks_in_the_file_change_nothing(name: str) -> None:
    root = etree.fromstring((FOLDER / name).read_bytes())
    for node in list(root.iter()):
        if node.text and node.text.strip():
            node.insert(0, etree.Comment("remark"))
    root.insert(0, etree.Comment("remark"))
    assert convert(etree.tostring(root)).lines == converted(name).lines


@pytest.mark.parametrize(
    "encoding",
    [
        "punycode",
        "unicode_escape",
        "idna",
        "raw_unicode_escape",
        "utf-7",
        "rot13",
        "zlib",
        "cp037",
    ],
)
def test_codecs_that_are_slow_or_no_text_are_refused_by_name(
    encoding: str,
) -> None:
    root, findings = xml.parse(
        f'<?xml version="1.0" encoding="{encoding}"?><definitions/>'.encode()
        + b" " * 300_000
    )
    assert root is None
    assert encoding in findings[0].message.lower()
