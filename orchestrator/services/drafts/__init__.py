"""Drafts (草稿): a designer opens a procedure, saves, is told what is wrong, and publishes what passes."""

from orchestrator.services.drafts.comparing import Difference, compare
from orchestrator.services.drafts.importing import Conversion, Fidelity, adopt, examine
from orchestrator.services.drafts.judging import (
    Verdict,
    bystanders,
    diagram_name,
    differences,
    findings,
    judge,
    publish,
    scenarios_of,
)
from orchestrator.services.drafts.keeping import discard, here, keep_scenarios, open_draft, restore, save
from orchestrator.services.drafts.trying import Rehearsal, Step, Trial

__all__ = [
    "Conversion",
    "Difference",
    "Fidelity",
    "Rehearsal",
    "Step",
    "Trial",
    "Verdict",
    "adopt",
    "bystanders",
    "compare",
    "diagram_name",
    "differences",
    "discard",
    "examine",
    "findings",
    "here",
    "judge",
    "keep_scenarios",
    "open_draft",
    "publish",
    "restore",
    "save",
    "scenarios_of",
]
