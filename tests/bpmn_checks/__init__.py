"""Diagrams as designers draw them, one thing wrong in each of `bad/`; those of `good/` are unusual and
right."""
