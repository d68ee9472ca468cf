"""Pages of a producer, below one program each."""
