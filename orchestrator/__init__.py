"""The orchestrator: everything of Gridflow that is neither a page nor a form. Its rooms stand on floors, see
pyproject.toml."""
