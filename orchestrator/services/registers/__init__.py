"""Registers: item lists and what stands against a change of them, calendars, grids, dossiers."""
