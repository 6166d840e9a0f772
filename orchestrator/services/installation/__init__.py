"""The installation: its database, its schema, its disk, and the session that pages read with."""
