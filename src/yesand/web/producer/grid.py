"""The coverage of an order as a picture: blocks per take, and the same as a table."""

from __future__ import annotations

from dataclasses import dataclass

from yesand.commission.reads import CellCount, Coverage
from yesand.commission.rules import FEELING_KEYS, FEELINGS
from yesand.web.producer.order_form import language_name, word

PER_ROW = 8
ROWS = 3
STEP = 7
"""A block is 6 wide and its gap 1; rows lie 9 apart, as `stroke-dasharray: 6 1` draws them."""
WEAKEST = 5
GROUPS = (FEELINGS[:5], FEELINGS[5:10], FEELINGS[10:])


@dataclass(frozen=True)
class GridCell:
    """One pair as it is drawn. rank: 1 to 5 where it is among the weakest, else 0."""

    key: str
    feeling: str
    relationship: str
    count: CellCount
    asked_path: str
    recorded_path: str
    released_path: str
    height: int
    rank: int
    selected: bool

    @property
    def height_drawn(self) -> int:
        """Height at the drawing's scale of 42 for a width of 55."""
        return round(self.height * 42 / 55)


@dataclass(frozen=True)
class GridRow:
    """One feeling. first: the first of its row of the label grid, set off by a gap."""

    feeling: str
    key: str
    first: bool
    cells: list[GridCell | None]


@dataclass(frozen=True)
class Grid:
    """unit: takes that one block stands for."""

    columns: list[str]
    rows: list[GridRow]
    total: CellCount
    unit: int
    pairs: int
    selected: GridCell | None
    others: list[GridCell]
    table: list[tuple[str, str, str, CellCount]]


def grid(coverage: Coverage, selected: str = "") -> Grid:
    """The picture of one commission; `selected` is `feeling:relationship`, else the weakest."""
    pairs = coverage.pairs()
    weakest = coverage.weakest(WEAKEST)
    ranks = {(c.feeling, c.relationship): at for at, c in enumerate(weakest, start=1)}
    chosen = tuple(selected.split(":", 1)) if ":" in selected else ()
    if chosen not in pairs:
        chosen = (weakest[0].feeling, weakest[0].relationship) if weakest else ()
    most = max((count.asked for count in pairs.values()), default=1)
    unit = max(1, -(-most // (PER_ROW * ROWS)))
    relationships = coverage.relationships
    drawn: dict[tuple[str, str], GridCell] = {}
    for pair, count in pairs.items():
        drawn[pair] = GridCell(
            key=":".join(pair),
            feeling=word(pair[0]),
            relationship=word(pair[1]),
            count=count,
            asked_path=blocks(count.asked / unit),
            recorded_path=blocks(min(count.recorded, count.asked) / unit),
            released_path=blocks(min(count.released, count.asked) / unit),
            height=9 * -(-count.asked // (unit * PER_ROW)) - 1,
            rank=ranks.get(pair, 0),
            selected=pair == chosen,
        )
    rows = []
    group_before = None
    for feeling in coverage.feelings:
        group = next(at for at, names in enumerate(GROUPS) if feeling in names)
        rows.append(
            GridRow(
                feeling=word(feeling),
                key=FEELING_KEYS[feeling],
                first=group_before is not None and group != group_before,
                cells=[drawn.get((feeling, relationship)) for relationship in relationships],
            )
        )
        group_before = group
    return Grid(
        columns=[word(relationship) for relationship in relationships],
        rows=rows,
        total=coverage.total,
        unit=unit,
        pairs=len(pairs),
        selected=next((cell for cell in drawn.values() if cell.selected), None),
        others=sorted(
            (cell for cell in drawn.values() if cell.rank and not cell.selected),
            key=lambda cell: cell.rank,
        ),
        table=[
            (word(c.feeling), word(c.relationship), language_name(c.language), c)
            for c in coverage.cells
        ],
    )


def blocks(count: float) -> str:
    """An SVG path that draws `count` blocks, eight a row; a part of a take is a part of a block."""
    full, rest = divmod(count, PER_ROW)
    rows = [f"M0 {4 + 9 * row}h{STEP * PER_ROW - 1}" for row in range(int(full))]
    if rest > 0.01:
        rows.append(f"M0 {4 + 9 * int(full)}h{max(1, round(STEP * rest - 1))}")
    return "".join(rows)
