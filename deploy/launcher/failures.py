"""What a person who types a command is told when it cannot be done."""

from __future__ import annotations


class SetUpFailed(Exception):
    """The environment could not be made, or the command cannot run here; the message says what to do."""
