"""SpiffWorkflow's event definitions, subclassed under their own names. Each docstring tells what 3.2.0 does
wrong or does not know."""

from orchestrator.engine.specs.event_definitions.base import (
    DirectedEvent,
    EventDefinition,
)
from orchestrator.engine.specs.event_definitions.codes import (
    ErrorEventDefinition,
    EscalationEventDefinition,
    raise_code,
)
from orchestrator.engine.specs.event_definitions.conditions import (
    ASKED,
    ConditionalEventDefinition,
)
from orchestrator.engine.specs.event_definitions.multiple import (
    PARTS,
    MultipleEventDefinition,
)
from orchestrator.engine.specs.event_definitions.simple import (
    NoneEventDefinition,
    TerminateEventDefinition,
)
from orchestrator.engine.specs.event_definitions.subscriptions import (
    MessageEventDefinition,
    SignalEventDefinition,
)
from orchestrator.engine.specs.event_definitions.timers import (
    CycleTimerEventDefinition,
    DurationTimerEventDefinition,
    TimeDateEventDefinition,
)
from orchestrator.engine.specs.event_definitions.undoing import (
    CancelEventDefinition,
    CompensationEventDefinition,
)

__all__ = [
    "ASKED",
    "ConditionalEventDefinition",
    "CancelEventDefinition",
    "CompensationEventDefinition",
    "CycleTimerEventDefinition",
    "DirectedEvent",
    "DurationTimerEventDefinition",
    "ErrorEventDefinition",
    "EscalationEventDefinition",
    "EventDefinition",
    "PARTS",
    "MessageEventDefinition",
    "MultipleEventDefinition",
    "NoneEventDefinition",
    "SignalEventDefinition",
    "TerminateEventDefinition",
    "TimeDateEventDefinition",
    "raise_code",
]
