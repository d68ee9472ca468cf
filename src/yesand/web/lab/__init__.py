"""Pages of the engineer at the lab, below one program each."""
