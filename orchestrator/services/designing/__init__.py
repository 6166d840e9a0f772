"""Drafts (草稿): a designer opens a procedure, saves, is told what is wrong, and publishes what passes."""

from orchestrator.engine import request_work
from orchestrator.services.designing.diagram_import import (
    Conversion,
    Fidelity,
    adopt,
    examine,
)
from orchestrator.services.designing.draft_history import MOST_SAVED
from orchestrator.services.designing.drafts import (
    DraftFile,
    discard,
    give_up,
    here,
    is_file,
    keep_scenarios,
    open_draft,
    restore,
    save,
)
from orchestrator.services.designing.editor_choices import (
    File,
    beginnings,
    circumstances,
    files,
    menus,
    new_file,
    offered,
    sample,
)
from orchestrator.services.designing.handing_over import (
    LARGEST_PACKAGE,
    Imported,
    package,
    unpack,
)
from orchestrator.services.designing.kept_trials import keep_trial
from orchestrator.services.designing.merged_saves import (
    Overlapping,
    save_merged,
)
from orchestrator.services.designing.new_procedures import (
    LONGEST_NAME,
    CalledProcess,
    begin,
    called_processes,
    open_called,
)
from orchestrator.services.designing.publishing import (
    hand_back,
    needs_second,
    propose,
    publish,
    state_of,
    take_over,
)
from orchestrator.services.designing.renamed_steps import (
    rename_in_scenarios,
    renamed_steps,
)
from orchestrator.services.designing.retiring import bring_back, retire
from orchestrator.services.designing.scenario_sync import follow
from orchestrator.services.designing.taking_back import withdraw
from orchestrator.services.designing.trial_parts import Trial, TrialStep
from orchestrator.services.designing.trials import TrialSetup
from orchestrator.services.designing.unfinished import (
    DraftComparison,
    between,
    differences,
)
from orchestrator.services.designing.validation import (
    Verdict,
    about,
    base_of,
    bundle_of,
    bystanders,
    diagram_name,
    diagram_of,
    findings,
    flows_in_words,
    judge,
    overtaken,
    resources_of,
    scenarios_of,
    together,
)
from orchestrator.services.designing.version_comparison import Difference
from orchestrator.services.simulation import scenario_verbs

__all__ = [
    "DraftFile",
    "LARGEST_PACKAGE",
    "LONGEST_NAME",
    "MOST_SAVED",
    "CalledProcess",
    "begin",
    "called_processes",
    "beginnings",
    "circumstances",
    "open_called",
    "DraftComparison",
    "Conversion",
    "Difference",
    "Fidelity",
    "File",
    "Imported",
    "Overlapping",
    "TrialSetup",
    "TrialStep",
    "Trial",
    "Verdict",
    "base_of",
    "between",
    "bring_back",
    "bundle_of",
    "adopt",
    "bystanders",
    "diagram_name",
    "diagram_of",
    "differences",
    "discard",
    "about",
    "examine",
    "files",
    "follow",
    "findings",
    "flows_in_words",
    "give_up",
    "hand_back",
    "here",
    "is_file",
    "judge",
    "keep_scenarios",
    "keep_trial",
    "menus",
    "needs_second",
    "new_file",
    "offered",
    "open_draft",
    "overtaken",
    "package",
    "propose",
    "publish",
    "rename_in_scenarios",
    "renamed_steps",
    "request_work",
    "resources_of",
    "restore",
    "retire",
    "sample",
    "save",
    "save_merged",
    "scenario_verbs",
    "scenarios_of",
    "state_of",
    "take_over",
    "together",
    "unpack",
    "withdraw",
]
