"""Pages for a machine of one's own: the mails that were written as files."""
