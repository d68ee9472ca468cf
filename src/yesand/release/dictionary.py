"""The dictionary of a release as a page: docs/engineer/dictionary.md is made from this. Pure."""

from __future__ import annotations

from yesand.formats.emotions import COUNTED
from yesand.formats.release_columns import VIEWPOINTS
from yesand.formats.release_tables import TABLES

_VIEWPOINT_SAYS = {
    "record": "the server's record of what happened or was asked",
    "intended": "what a cue aimed at",
    "performer": "what a performer stated or chose",
    "measured": "computed from the signals",
    "rater": "one rater's answer",
    "view": "whose statement it is stands in the row's column view",
    "derived": "computed from other columns",
}


def page() -> str:
    """Markdown with one line for every column of every table."""
    lines = [
        "# Dictionary of a release",
        "",
        "Made from `yesand.formats.release_tables`; every release carries the same as",
        "dictionary.json. Times are seconds from sample 0 of the take's tracks.",
        "",
        "Viewpoints: "
        + "; ".join(f"*{name}*: {_VIEWPOINT_SAYS[name]}" for name in VIEWPOINTS)
        + ".",
        "",
        f"Order of `labels.counts` and `labels.p_fused`: {', '.join(COUNTED)}.",
    ]
    for table in TABLES:
        lines += ["", f"## {table.name}", "", table.says, ""]
        lines += ["| column | type | unit | viewpoint | says |", "|---|---|---|---|---|"]
        for column in table.columns:
            says = column.says
            if column.values and len(column.values) < 10:
                says += f" One of: {', '.join(column.values)}."
            key = " (key)" if column.name in table.key else ""
            lines.append(
                f"| {column.name}{key} | {column.kind} | {column.unit} | {column.viewpoint} "
                f"| {says} |"
            )
    return "\n".join(lines) + "\n"
