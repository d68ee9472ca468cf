"""Who is in a rehearsal."""

PRODUCER = "producer@rehearsal.example"
RATER = "rater@rehearsal.example"
PERFORMERS = {"a": "left@rehearsal.example", "b": "right@rehearsal.example"}
