"""WebSockets: the room."""
