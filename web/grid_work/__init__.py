"""Pages of the daily work in grids, on the phone and at the desk."""
