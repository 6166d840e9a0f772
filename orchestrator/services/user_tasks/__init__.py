"""A user task's life: claim (领取), unclaim (放回), assign (转办), delegate (委派), resolve, take over
(接办), complete. Each is one transaction."""

from orchestrator.services.user_tasks import (
    absences,
    held_submissions,
    returning,
    setting_aside,
    signers,
    signing,
)
from orchestrator.services.user_tasks.administration import (
    give_back,
    give_to,
    redirect,
)
from orchestrator.services.user_tasks.assignment import (
    assign,
    claim,
    delegate,
    resolve,
    unclaim,
)
from orchestrator.services.user_tasks.by_name import set_assignee
from orchestrator.services.user_tasks.completing import (
    Completed,
    SubmittedWith,
    complete,
)
from orchestrator.services.user_tasks.delegation import (
    LONGEST_OPINION,
    Handover,
    last_handover,
)
from orchestrator.services.user_tasks.leaving import release_tasks_of
from orchestrator.services.user_tasks.taking_over import (
    Choices,
    choices,
    hand_over,
    heads,
    release,
    take_back,
    take_over,
)

__all__ = [
    "LONGEST_OPINION",
    "Choices",
    "Completed",
    "Handover",
    "SubmittedWith",
    "absences",
    "assign",
    "choices",
    "claim",
    "complete",
    "delegate",
    "give_back",
    "give_to",
    "hand_over",
    "heads",
    "held_submissions",
    "last_handover",
    "redirect",
    "release",
    "release_tasks_of",
    "resolve",
    "returning",
    "setting_aside",
    "signers",
    "signing",
    "set_assignee",
    "take_back",
    "take_over",
    "unclaim",
]
