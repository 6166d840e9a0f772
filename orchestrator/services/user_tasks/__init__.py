"""A user task's life: claim (签收), unclaim, assign (转办), delegate (委派), resolve, complete. Each is one transaction."""

from orchestrator.services.user_tasks.completing import Completed, complete
from orchestrator.services.user_tasks.holding import assign, claim, delegate, resolve, unclaim

__all__ = ["Completed", "assign", "claim", "complete", "delegate", "resolve", "unclaim"]
