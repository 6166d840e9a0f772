"""What the engine's effects mean, read once: due dates, candidate bodies, service tasks, open tasks and
timers.

The database, a scenario in memory and the replay of a finished instance are backends of it.
"""
