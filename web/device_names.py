"""What a browser that somebody signed in with is called in the list of his devices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as N_

_PROGRAMS: Mapping[str, Any] = {
    "wxwork/": N_("企业微信"),
    "MicroMessenger/": N_("微信"),
    "DingTalk/": N_("钉钉"),
    "Edg": "Edge",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
"""What stands in the text that a browser sends → its name; the first that fits; most name others too."""
_SYSTEMS = {
    "Android": "Android",
    "OpenHarmony": "HarmonyOS",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def device_name(sent: str) -> str:
    """`Chrome · Windows`; the text itself where it names no browser known here."""
    program = next(
        (name for sign, name in _PROGRAMS.items() if sign in sent),
        None,
    )
    if program is None:
        return sent
    system = next(
        (name for sign, name in _SYSTEMS.items() if sign in sent),
        "",
    )
    return " · ".join(filter(None, [str(program), system]))
