"""Drafts (草稿): a designer opens a procedure, saves, is told what is wrong, and publishes what passes."""

from orchestrator.services.drafts.comparing import Difference, compare
from orchestrator.services.drafts.following import follow
from orchestrator.services.drafts.importing import Conversion, Fidelity, adopt, examine
from orchestrator.services.drafts.judging import (
    Verdict,
    bundle_of,
    bystanders,
    diagram_name,
    diagram_of,
    differences,
    findings,
    flows_in_words,
    judge,
    overtaken,
    renamed_steps,
    resources_of,
    scenarios_of,
)
from orchestrator.services.drafts.keeping import (
    discard,
    give_up,
    here,
    keep_scenarios,
    open_draft,
    rename_in_scenarios,
    restore,
    save,
)
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
    "bundle_of",
    "adopt",
    "bystanders",
    "compare",
    "diagram_name",
    "diagram_of",
    "differences",
    "discard",
    "examine",
    "files",
    "follow",
    "findings",
    "flows_in_words",
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
    "rename_in_scenarios",
    "renamed_steps",
    "resources_of",
    "restore",
    "running_on",
    "sample",
    "save",
    "scenarios_of",
    "take_over",
    "withdraw",
]
