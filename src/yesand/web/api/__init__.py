"""Answers for scripts: streams, room, timelines, media and the lab API."""
