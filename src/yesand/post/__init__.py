"""Post.

Owns: processing of sealed takes: clock map, segments, levels, findings, verdicts.
Promises: a verdict lists its reasons with spans.
Never: read a label or judge emotion.
"""
