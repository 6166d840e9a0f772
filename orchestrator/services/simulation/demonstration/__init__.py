"""The demonstration's instances: a city's scenarios, played through the services at times before now, some to
their end and some to the step where they wait today."""

from orchestrator.services.simulation.demonstration.example_roles import (
    example_cities,
)
from orchestrator.services.simulation.demonstration.filling import (
    Filled,
    fill,
    load_filled,
)
from orchestrator.services.simulation.demonstration.planning import (
    FEWEST,
    INSTANCES,
)

__all__ = [
    "FEWEST",
    "INSTANCES",
    "Filled",
    "example_cities",
    "fill",
    "load_filled",
]
