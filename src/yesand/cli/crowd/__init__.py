"""Many rooms at once, for `yesand bench rooms`: two clients each, that speak what browsers speak.

No browsers: pages, sockets and uploads are real, calls are not. One process plays all of them.
"""
