"""Dsp.

Owns: arrays in, numbers out: levels, voice activity, turns, overlap, prosody, leak, sync.
Promises: every function states shapes, units and source.
Never: read files, touch a database or judge a person.
"""
