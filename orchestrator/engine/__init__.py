"""Runs diagrams as a pure function. The only room that says SpiffWorkflow; no database, no clock, no framework lives here."""
