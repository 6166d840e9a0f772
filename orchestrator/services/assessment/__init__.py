"""Assessment (考核): periods closed by the profile's formulas, appeals, publication."""
