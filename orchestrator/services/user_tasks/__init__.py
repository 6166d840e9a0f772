"""A user task's life: claim (签收), unclaim, assign (转办), delegate (委派), resolve, complete. Each is one transaction."""

from orchestrator.services.user_tasks.completing import Completed, complete
from orchestrator.services.user_tasks.delegated import LONGEST_OPINION, Handover, last_handover
from orchestrator.services.user_tasks.holding import assign, claim, delegate, resolve, unclaim

__all__ = [
    "LONGEST_OPINION",
    "Completed",
    "Handover",
    "assign",
    "claim",
    "complete",
    "delegate",
    "last_handover",
    "resolve",
    "unclaim",
]
