"""What every use case writes down: ids, history, attachments, the keys of submissions."""
