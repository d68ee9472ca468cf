"""Pages of a rater: home, bench, statement."""
