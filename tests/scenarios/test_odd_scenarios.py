"""Files of scenarios with odd lines at any place: each is read or refused with a sentence."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from orchestrator.services.simulation import scenario_files

FILES = sorted(Path("bpmn/zhenjiang/scenarios").glob("*.yaml"))
MANY = 40
ODD = (
    "[] {} ~ 1 true 2026-01-01 2026-02-30 99:99:99 0o8 .inf .nan 1e999 -1 +. . .e+1 = <<: 一年后 "
    "99999999999999999999 !!binary&aGk= ?&[a] &a&*a *b {[a]:&b} [[[]]] '<<' %YAML&9.9 --- 1:59.9e9 "
    '"\\ud800" "\\0" "\\UFFFFFFFF" "\\U00110000" '
    + "9:" * 19
    + " "
    + "[" * 900
).split()


def changed(text: str, chance: random.Random) -> str:
    """The text with one to three of its lines changed, gone, moved in or doubled."""
    lines = text.splitlines()
    for _number in range(chance.randint(1, 3)):
        at = chance.randrange(len(lines))
        kind = chance.random()
        if kind < 0.6:
            odd = chance.choice(ODD).replace("&", " ")
            lines[at] = f"{lines[at].split(':')[0]}: {odd}"
        elif kind < 0.75:
            lines[at] = " " * chance.randint(1, 5) + lines[at]
        elif kind < 0.9:
            lines.insert(at, chance.choice(lines))
        else:
            del lines[at]
    return "\n".join(lines)


@pytest.mark.parametrize("seed", range(2))
def test_a_file_of_scenarios_with_odd_lines_is_read_or_refused(
    seed: int,
) -> None:
    chance = random.Random(seed)
    refused = 0
    for _number in range(MANY):
        file = chance.choice(FILES)
        text = changed(file.read_text(encoding="utf-8"), chance)
        _read, wrong = scenario_files.legible(text, file.stem)
        refused += bool(wrong)
        for sentence in wrong:
            assert any("一" <= sign <= "鿿" for sign in str(sentence))
    assert MANY / 4 < refused < MANY
