"""The public board's way to a read session; the board itself may not import services."""

from orchestrator.services.installation.read_session import session

__all__ = ["session"]
