"""A script that no engine of ours could read, or only after a long time, is refused by a sentence, soon."""

from __future__ import annotations

import time
from xml.sax.saxutils import escape

import pytest

from orchestrator import bpmn_import
from orchestrator.bpmn_import import scripts
from orchestrator.bpmn_import.script_words import words
from orchestrator.engine.translating import Untranslatable

LONG = "def b = '" + "x" * 1_900 + "' + c\n"
ENDLESS = {
    "a long way of names": ("x = a" + ".a" * 1_400, "嵌套太深"),
    "a long way of methods": ("x = a" + ".toUpperCase()" * 250, "嵌套太深"),
    "a long way of places": ("x = a" + "[0]" * 400, "嵌套太深"),
    "names that stand for each other": (
        "def a0 = b\n"
        + "".join(f"def a{n + 1} = [[a{n}]]\n" for n in range(150))
        + "x = a150",
        "拆开",
    ),
    "a number of many digits": ("x = " + "1" * 5_000 + " + 1", "15 位"),
    "a number that others round": ("x = 1234567890123456", "15 位"),
    "no character": ('x = "\\ufffe"', "不能保存的字符"),
    "half a character": ('x = "\\ud800"', "不能保存的字符"),
    "a sign that rings": ('x = "\\u0007"', "不能保存的字符"),
    "many statements": ("x = 1\n" * 250, "脚本太长"),
    "many names in one": (
        "def " + ", ".join(f"a{n} = 1" for n in range(250)),
        "脚本太长",
    ),
}


@pytest.mark.parametrize("named", ENDLESS)
def test_what_cannot_be_held_is_refused_in_a_sentence(named: str) -> None:
    script, sentence = ENDLESS[named]
    content = (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="t">'
        '<process id="p" isExecutable="true"><startEvent id="s"/>'
        '<sequenceFlow id="a" sourceRef="s" targetRef="t"/>'
        f'<scriptTask id="t" scriptFormat="groovy"><script>{escape(script)}</script></scriptTask>'
        '<sequenceFlow id="b" sourceRef="t" targetRef="e"/><endEvent id="e"/>'
        "</process></definitions>"
    )
    told = [
        line.told
        for line in bpmn_import.convert(content.encode()).lines
        if line.verdict == "unsupported"
    ]
    assert any(sentence in text for text in told)


@pytest.mark.parametrize("language", ["groovy", "javascript"])
def test_what_no_parser_reads_is_refused_as_a_value_too(language: str) -> None:
    with pytest.raises(Untranslatable, match="拆开"):
        scripts.value("a" + ".a" * 1_400, language)


def test_a_short_way_of_methods_and_pairs_of_halves_are_read() -> None:
    made = scripts.read("x = a" + ".trim()" * 8, "groovy").text
    assert made.count("trim(") == 8
    assert scripts.read('x = "\\ud83d\\ude00"', "groovy").text == 'x = "😀"'


@pytest.mark.parametrize(
    "script",
    [
        LONG
        + "".join(f"def c{n} = b\n" for n in range(90))
        + "".join(f"y{n} = 1\n" for n in range(90)),
        "".join(f"def c{n} = '{'x' * 90}{n}' + a[b]\n" for n in range(95))
        + "".join(f"y{n} = 1\n" for n in range(95)),
    ],
    ids=["one long name", "many names"],
)
def test_names_are_read_once_for_all_that_is_set(script: str) -> None:
    began = time.process_time()
    assert scripts.read(script, "groovy", keeps_all=True).text
    assert time.process_time() - began < 2


def test_a_number_that_ends_in_a_letter_is_refused_soon() -> None:
    began = time.process_time()
    with pytest.raises(Untranslatable, match="处的写法本系统没有"):
        words("1" * 19_900 + "a", "groovy")
    assert time.process_time() - began < 0.5
