"""Pages anybody may read: what this is, open calls, program pages, the shared order."""
