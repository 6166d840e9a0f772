"""What the product says to people is given as a sentence of a catalogue: by say(), joined() or _()."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house import extracting

CHINESE = re.compile("[\u4e00-\u9fff]")
ROOT = extracting.ROOT
MIGRATIONS = ROOT / "orchestrator/store/migrations"

NO_SENTENCES = {
    "forms/questions.py": "a pattern: how a regulation is cited",
    "orchestrator/domain/announced_days.py": "words of the State Council's announcements",
    "orchestrator/domain/announced_notice.py": "words and patterns of the State Council's announcements",
    "orchestrator/domain/announcements.py": "words and patterns of the State Council's announcements",
    "orchestrator/domain/statutory_days.py": "names of the days as notices write them",
    "orchestrator/domain/archive_metadata.py": "a Chinese document with the element names of a standard",
    "orchestrator/domain/jurisdiction/citations.py": "how a regulation is cited, as the law writes it",
    "orchestrator/domain/jurisdiction/items.py": "the title of a city's list, where its profile has none",
    "orchestrator/domain/jurisdiction/values.py": "what a profile says where it leaves something out",
    "orchestrator/engine/cron.py": "the names of the fields are compared",
    "orchestrator/engine/citing.py": "how a diagram cites its regulation",
    "orchestrator/engine/timers.py": "the words in which a limit is written",
    "orchestrator/services/archives/packaging.py": "words of a Chinese document",
    "orchestrator/services/bundles/frozen.py": "a line of the operator's log",
    "orchestrator/services/deployments/profile_checks/readings.py": "two labels are compared",
    "orchestrator/services/deployments/profile_checks/refusals.py": "how answers begin, which are compared",
    "orchestrator/services/designing/editor_choices.py": "a file for a designer of the city to begin with",
    "orchestrator/services/designing/first_diagram.py": "a file for a designer of the city to begin with",
    "orchestrator/services/designing/regulation/side_by_side.py": "numerals, which are compared as a whole",
    "orchestrator/services/designing/regulation/typed.py": "what stands between the parts of a typed line",
    "orchestrator/services/designing/awaited_events.py": "words of a scenario file",
    "orchestrator/services/designing/scenario_cards.py": "words of a scenario file",
    "orchestrator/services/designing/scenario_days.py": "words of a scenario file",
    "orchestrator/services/designing/shown_cards.py": "words of a scenario file",
    "orchestrator/services/designing/wrong_steps.py": "words of a scenario file",
    "orchestrator/services/designing/scenario_sync.py": "words of a scenario file",
    "orchestrator/services/designing/trials.py": "words of a scenario file",
    "orchestrator/services/jurisdictions/comparison.py": "a Chinese document, docs/cities.md",
    "orchestrator/services/registers/address_import.py": "headings of a file, which are data",
    "orchestrator/handlers/register_rehoming.py": "a name that is stored, which is data",
    "orchestrator/services/grid_work/entry_import.py": "headings of a file, which are data",
    "orchestrator/services/grid_work/group_tables.py": "headings of a file, which are data",
    "orchestrator/services/jurisdictions/rules_in_words.py": "a Chinese document, docs/cities.md",
    "orchestrator/services/jurisdictions/holidays.py": "names of days in the calendar, which are data",
    "orchestrator/services/jurisdictions/loaded_places.py": "a fact that the register keeps",
    "orchestrator/services/people/account_facts.py": "names of facts that the history keeps",
    "orchestrator/services/people/staff_list.py": "headings of a Chinese staff list, which are data",
    "orchestrator/services/training/exams.py": "headings and words of a question bank, which are data",
    "orchestrator/services/simulation/": "words of a scenario file",
    "web/archiving.py": "names in printed documents, which are Chinese",
    "web/api.py": "what the history keeps of a call without a reason",
    "web/bounds.py": "said in both languages, before the session is read",
    "web/commands/": "the command line has no reader's language",
    "web/designing/citing.py": "how a regulation is cited",
    "web/help.py": "the headings of the Chinese manuals",
    "web/i18n.py": "the name of a language in that language",
    "web/printing/": "printed documents, which are Chinese",
    "web/public.py": "the public board and its documents, which are Chinese",
    "web/registers.py": "printed documents, which are Chinese",
    "web/shown.py": "titles of printed documents",
}
"""A file, or a folder with a slash at its end → why its Chinese is no sentence of the product."""


def modules() -> Iterator[tuple[str, Path]]:
    for room in extracting.ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            if MIGRATIONS not in file.parents:
                yield file.relative_to(ROOT).as_posix(), file


def loose(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, text) of each Chinese string that is no docstring and no part of a catalogue's call."""
    left = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in extracting.CALLS
        ):
            left.update(
                id(part)
                for argument in node.args
                for part in ast.walk(argument)
            )
    texts = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and id(node) not in left
    )
    for text in texts:
        if isinstance(text.value, str) and CHINESE.search(text.value):
            yield text.lineno, text.value


def excepted(name: str) -> str | None:
    """The entry of NO_SENTENCES that the file belongs to."""
    folders = [
        entry
        for entry in NO_SENTENCES
        if entry.endswith("/") and name.startswith(entry)
    ]
    return name if name in NO_SENTENCES else next(iter(folders), None)


def test_every_sentence_for_people_is_one_of_a_catalogue() -> None:
    found, used = [], set()
    for name, file in modules():
        for line, text in loose(ast.parse(file.read_text("utf-8"))):
            reason = excepted(name)
            if reason is None:
                found.append(
                    f"{name}:{line} {text[:40]!r}: give it by say() or _()"
                )
            used.add(reason)
    assert found == []
    assert NO_SENTENCES.keys() - used == set(), (
        "an exception that nothing needs any more"
    )


def test_a_sentence_outside_of_the_catalogues_is_noticed() -> None:
    written = 'raise Refused(f"没有 {name}")\nraise Refused(say("没有 {name}", name="无"))'
    assert list(loose(ast.parse(written))) == [(1, "没有 "), (2, "无")]


def test_names_in_sentences_are_quoted_by_the_marks_of_the_national_standard() -> (
    None
):
    """GB/T 15834-2011: “ ” on lines from left to right."""
    other = re.compile("[\u300c-\u300f]")
    assert not [text for text in extracting.texts() if other.search(text)]
