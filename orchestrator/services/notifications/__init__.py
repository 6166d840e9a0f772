"""Notifications (通知): who is told of what happens to a matter, and how it reaches him."""
