"""What was asked for, played, heard by the partner and heard by observers, moment by moment.

Try: yesand sample robots && python examples/four_views.py robots
"""

import sys

import yesand

VIEWS = ("intended", "character", "partner", "observer")


def main(folder: str) -> None:
    """One line per moment; an uncued moment has no intended feeling, which is not neutral."""
    print(f"{'moment':20}", *(f"{view:14}" for view in VIEWS))
    for dyad in yesand.open(folder, split="train"):
        said = {view: {row["item_id"]: row for row in dyad.labels(view)} for view in VIEWS}
        for item, row in said["observer"].items():
            words = []
            for view in VIEWS:
                shares = said[view].get(item, {}).get("distribution") or {"-": 1.0}
                best = max(shares, key=shares.get)
                words.append(f"{best} {shares[best]:.2f}")
            place = f"{dyad.take_id[:8]} {row['target_role']} {row['start']:5.1f} s"
            print(f"{place:20}", *(f"{word:14}" for word in words))


main(sys.argv[1])
