"""What `make demo` shows: robots that play through the whole path, and a moment for everybody."""
