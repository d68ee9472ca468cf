"""Stage.

Owns: sessions, scenes and takes as they happen: rooms, room log, green room, cues, stage clock.
Promises: the room log is ordered, durable and replayable.
Never: infer anything about a performer.
"""
