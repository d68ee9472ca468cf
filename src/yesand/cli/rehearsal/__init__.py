"""Rehearsal: one scene through real browsers, from sign-in to a release that loads."""
