"""Written by the lead right now: green room, warm-up, stage and the dead ends around them."""
