"""Figures of cases (态势): counted by the clock from what the histories tell anew, read from sums."""
