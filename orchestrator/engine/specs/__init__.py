"""SpiffWorkflow's task specs, subclassed under their own names. Each docstring tells what 3.2.0 does wrong or
does not know."""

from orchestrator.engine.specs.activities import (
    BusinessRuleTask,
    PassingTask,
    ScriptTask,
    ServiceTask,
    UserTask,
    opened,
)
from orchestrator.engine.specs.ad_hoc import CHOICE, AdHocChoice, AdHocSpec
from orchestrator.engine.specs.catching import (
    BoundaryEvent,
    CatchingEvent,
    IntermediateCatchEvent,
    ReceiveTask,
    StartEvent,
    Trigger,
)
from orchestrator.engine.specs.control import (
    BoundaryEventSplit,
    EndJoin,
    ProcessSpec,
    StartTask,
)
from orchestrator.engine.specs.event_definitions import (
    ASKED,
    ConditionalEventDefinition,
    DirectedEvent,
    EventDefinition,
)
from orchestrator.engine.specs.gateways import (
    EventBasedGateway,
    ExclusiveGateway,
    FlowCondition,
    InclusiveGateway,
    Join,
    ParallelGateway,
)
from orchestrator.engine.specs.multi_instance import (
    Collection,
    Item,
    ParallelMultiInstanceTask,
    SequentialMultiInstanceTask,
    StandardLoopTask,
)
from orchestrator.engine.specs.node import DiagramNode
from orchestrator.engine.specs.subprocesses import (
    CALLED,
    OWN,
    CallActivity,
    SubWorkflowTask,
)
from orchestrator.engine.specs.throwing import (
    EndEvent,
    IntermediateThrowEvent,
    SendTask,
)

__all__ = [
    "CHOICE",
    "ASKED",
    "ConditionalEventDefinition",
    "DirectedEvent",
    "CALLED",
    "OWN",
    "AdHocChoice",
    "AdHocSpec",
    "BoundaryEvent",
    "BoundaryEventSplit",
    "BusinessRuleTask",
    "CallActivity",
    "CatchingEvent",
    "Collection",
    "DiagramNode",
    "EndEvent",
    "EventDefinition",
    "EndJoin",
    "EventBasedGateway",
    "ExclusiveGateway",
    "FlowCondition",
    "InclusiveGateway",
    "IntermediateCatchEvent",
    "IntermediateThrowEvent",
    "Item",
    "Join",
    "ParallelGateway",
    "ParallelMultiInstanceTask",
    "PassingTask",
    "ProcessSpec",
    "ReceiveTask",
    "ScriptTask",
    "SendTask",
    "SequentialMultiInstanceTask",
    "ServiceTask",
    "StandardLoopTask",
    "StartEvent",
    "StartTask",
    "SubWorkflowTask",
    "Trigger",
    "UserTask",
    "opened",
]
