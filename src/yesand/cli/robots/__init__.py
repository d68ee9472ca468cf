"""Robots: players without a browser, who go through the same doors as a performer.

They sign in, join a room, talk over WebRTC, upload through the door, take notes and tap Keep.
Everything they say is generated and marked as a robot's.
"""
