"""The settings of a base map: tiles of a map service, or one picture with its corners."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import SettingInvalid
from orchestrator.sentences import say

KINDS: Mapping[str, str] = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
}
"""Ending of a picture → its content type."""


_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_KNOWN = frozenset(("z", "x", "y", "s", "r"))
_HOST = re.compile(
    r"https?://(?:[A-Za-z0-9-]|\{s\})+(?:\.(?:[A-Za-z0-9-]|\{s\})+)*(?::[0-9]{1,5})?(?=/)"
)
"""Scheme, host and port, as a content policy takes them once the server's name stands for `{s}`."""


@dataclass(frozen=True, slots=True)
class MapImage:
    """A picture of the place, north above."""

    path: Path
    kind: str
    """Its content type."""
    bounds: tuple[float, float, float, float]
    """South, west, north and east of its edges, degrees in WGS 84."""


def tiles(text: str) -> str:
    """The address of the tiles of a base map. Raises SettingInvalid."""
    address = text.strip()
    if not address:
        return ""
    named = set(_PLACEHOLDER.findall(address))
    complete = named >= {"z", "x", "y"} and named <= _KNOWN
    plain = not set(address) & set(" ;,\"'")
    if complete and plain and _is_place(address):
        return address
    raise SettingInvalid(
        say(
            "GRIDFLOW_MAP_TILES 应是底图瓦片的地址，以 https:// 或单个 / 开头，含 {{z}}、{{x}}、{{y}}"
            "（此外只可用 {{s}}、{{r}}），例如 https://tiles.example.gov.cn/{{z}}/{{x}}/{{y}}.png"
        )
    )


def hosts(address: str) -> list[str]:
    """Where the tiles come from, one source for each server; empty for those of this very site."""
    start = _HOST.match(address)
    if start is None:
        return []
    origin = start[0]
    if "{s}" not in origin:
        return [origin]
    return [origin.replace("{s}", server) for server in servers(address)]


def servers(address: str) -> str:
    """What stands for `{s}`, one character a server: t0 to t7 are the usual names where a letter precedes it,
    as at Tianditu, and a to c where it stands alone."""
    if re.search(r"[A-Za-z0-9-]\{s\}", address):
        return "01234567"
    return "abc"


def _is_place(address: str) -> bool:
    if address.startswith("/"):
        return not address.startswith("//")
    return _HOST.match(address) is not None


def map_image(given: Mapping[str, str]) -> MapImage | None:
    """The picture under the grids; None where none is set. Raises SettingInvalid."""
    name = given["GRIDFLOW_MAP_IMAGE"].strip()
    if not name:
        return None
    path = Path(name)
    kind = KINDS.get(path.suffix.lower())
    if kind is None or not path.is_file():
        raise SettingInvalid(
            say(
                "GRIDFLOW_MAP_IMAGE 应是 PNG、JPG 或 WebP 图片文件的完整路径，现为“{name}”",
                name=name,
            )
        )
    bounds = _bounds(given["GRIDFLOW_MAP_IMAGE_BOUNDS"])
    if bounds is None:
        raise SettingInvalid(
            say(
                "GRIDFLOW_MAP_IMAGE_BOUNDS 应写底图四边的“南,西,北,东”"
                "（WGS 84，度），例如 32.17,119.42,32.25,119.52"
            )
        )
    return MapImage(path, kind, bounds)


def _bounds(text: str) -> tuple[float, float, float, float] | None:
    parts = text.replace("，", ",").split(",")
    if len(parts) != 4:
        return None
    try:
        south, west, north, east = (float(part) for part in parts)
    except ValueError:
        return None
    if 3 <= south < north <= 55 and 70 <= west < east <= 140:
        return south, west, north, east
    return None
