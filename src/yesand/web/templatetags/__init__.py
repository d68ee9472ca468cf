"""Words that many templates share."""
