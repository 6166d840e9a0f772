"""The regulations' nouns and sums, pure: territory, jurisdiction profile, calendar, deadlines, items, grids,
cases."""
