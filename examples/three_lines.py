"""The three lines: a release as synchronized dyads.

Try: yesand sample robots && python examples/three_lines.py robots
"""

import sys

import yesand

for dyad in yesand.open(sys.argv[1]):
    together = dyad.a.samples + dyad.b.samples  # float32, 48 kHz; equal indices are one instant
    shares = [row["distribution"] for row in dyad.labels("observer")]
    heard = [max(share, key=share.get) for share in shares]
    print(dyad.take_id, f"{dyad.duration_s:.1f} s", f"{abs(together).max():.2f}", *heard)
