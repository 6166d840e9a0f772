"""clock.*: what a diagram learns about the time at which it gets there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.handlers.context import HandlerContext, only_remembers


@only_remembers
def read(context: HandlerContext) -> Mapping[str, Any]:
    """The local day and time of day and whether people work then, so that a gateway can send what comes at
    night, on a holiday or in a season another way."""
    return context.read_clock()
