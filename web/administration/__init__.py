"""Pages for the administrator: incidents, timers, tasks, calendars."""
