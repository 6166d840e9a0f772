"""What service tasks do in our own database: TOPICS maps a topic (`noun.verb`) to its function."""
