"""Matching.

Owns: availability, pairing, bookings, holds.
Promises: no performer is booked twice in one quarter hour.
Never: read a label.
"""
