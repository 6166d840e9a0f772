"""Pages of the officials: the inbox, a task, an instance, starting a procedure, deadlines, oversight."""
