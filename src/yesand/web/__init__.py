"""Web.

Owns: pages by audience, sockets, doors, templates, static.
Promises: asks a house before it shows or changes anything.
Never: hold a rule that belongs to a house.
"""
