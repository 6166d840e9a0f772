"""The first line of an element's documentation names its ground, however the regulation numbers its
provisions."""

import pytest

from orchestrator.engine.citing import citations


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("依据：第十三条第一款、第十四条", ("13.1", "14")),
        ("依据: 第 32 条", ("32",)),
        ("依据：第一百零二条第二款", ("102.2",)),
        ("依据：四-2、四-3", ("四-2", "四-3")),
        ("依据：附件二、默认", ("附件二", "default")),
        ("依据：队伍办法-16", ("队伍办法-16",)),
        ("依据：五-4、第十七条第二款", ("五-4", "17.2")),
        ("依据：默认", ("default",)),
        ("没有写依据", ()),
    ],
)
def test_the_ground_is_read(line: str, found: tuple[str, ...]) -> None:
    assert citations(f"{line}\n说明") == (
        found,
        "说明" if found else f"{line}\n说明",
    )
