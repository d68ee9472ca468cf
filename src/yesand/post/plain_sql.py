"""Questions about our tables for processes without Django, such as the benchmark's clients."""

from __future__ import annotations

#: (take id) of takes that are processed, or will not be.
TAKES_THROUGH = "SELECT take_id FROM post_processing WHERE state IN ('done', 'failed')"
