"""Notifications (通知): who is told of what happens to an instance, and how it reaches him."""
