"""Each city plays its own regulation: whole matters from the first click to the end, through the services."""
