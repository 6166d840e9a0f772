"""Pages for process designers, all under /design: drafts, trials, comparisons, publishing, versions."""
