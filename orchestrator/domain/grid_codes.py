"""The codes of grids, issued once and for good."""

from __future__ import annotations

from collections.abc import Collection

from orchestrator.domain.jurisdiction import GridRules
from orchestrator.sentences import say


def issue_code(
    rules: GridRules,
    community_code: str,
    kind: str,
    issued: Collection[str],
) -> str:
    """The next code of the community and kind by the profile's scheme; a code once issued, even if retired,
    is never issued again."""
    serial_length = next(
        segment.length for segment in rules.code if segment.name == "serial"
    )
    prefix = "".join(
        _segment(
            segment.name,
            segment.length,
            community_code,
            rules.kind_codes[kind],
        )
        for segment in rules.code
    )
    used = {
        int(code[len(prefix) :])
        for code in issued
        if code.startswith(prefix) and code[len(prefix) :].isdigit()
    }
    number = max(used, default=0) + 1
    if number >= 10**serial_length:
        raise ValueError(
            say(
                "社区 {community_code} 的网格编码已用完，请调整编码规则",
                community_code=community_code,
            )
        )
    return f"{prefix}{number:0{serial_length}d}"


def _segment(
    name: str,
    length: int,
    community_code: str,
    kind_code: str,
) -> str:
    if name == "administrative":
        return community_code[:length].ljust(length, "0")
    if name == "kind":
        return kind_code[:length].rjust(length, "0")
    return ""
