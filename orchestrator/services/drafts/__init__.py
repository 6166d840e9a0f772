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
    overtaken,
    resources_of,
    scenarios_of,
)
from orchestrator.services.drafts.keeping import discard, give_up, here, keep_scenarios, open_draft, restore, save
from orchestrator.services.drafts.offering import File, files, new_file, offered, sample
from orchestrator.services.drafts.publishing import hand_back, needs_second, propose, publish, running_on, take_over, withdraw
from orchestrator.services.drafts.trying import Rehearsal, Step, Trial

__all__ = [
    "Conversion",
    "Difference",
    "Fidelity",
    "File",
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
    "files",
    "findings",
    "give_up",
    "hand_back",
    "here",
    "judge",
    "keep_scenarios",
    "needs_second",
    "new_file",
    "offered",
    "open_draft",
    "overtaken",
    "propose",
    "publish",
    "resources_of",
    "restore",
    "running_on",
    "sample",
    "save",
    "scenarios_of",
    "take_over",
    "withdraw",
]
