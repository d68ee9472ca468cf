"""Pages of a performer: home, bookings, stage, notes, exit page, takes, consent, money."""
