"""Timers, deadlines and their recalculation, the outbox, the expiry of list entries, tidying up."""
