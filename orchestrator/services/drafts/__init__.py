"""Drafts (草稿): a designer opens a procedure, saves, is told what is wrong, and publishes what passes."""

from orchestrator.services.drafts.comparing import Difference, compare
from orchestrator.services.drafts.judging import Verdict, bystanders, differences, findings, judge, publish
from orchestrator.services.drafts.keeping import discard, here, open_draft, restore, save

__all__ = [
    "Difference",
    "Verdict",
    "bystanders",
    "compare",
    "differences",
    "discard",
    "findings",
    "here",
    "judge",
    "open_draft",
    "publish",
    "restore",
    "save",
]
