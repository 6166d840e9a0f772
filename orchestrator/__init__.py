"""The orchestrator: everything of Gridflow that is neither a page nor a form. Its rooms stand on floors, see
pyproject.toml."""

RELEASE = "0.1.0"
"""Of this program; pyproject.toml names the same."""
