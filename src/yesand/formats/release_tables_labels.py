"""The four tables of judgements: items, ratings, labels, traces. Everything is about the
character in the take, except the view `own`."""

from __future__ import annotations

from yesand.formats.emotions import COUNTED
from yesand.formats.release_columns import Column, Table
from yesand.formats.release_words import KINDS, ROLES, VIEWS

C = Column

ITEMS = Table(
    "items",
    "One row per moment that was asked about.",
    ("item_id",),
    (
        C("item_id", "text", "record", "The item.", needed=True),
        C("take_id", "text", "record", "The take.", needed=True),
        C("target_role", "text", "record", "Whose character.", needed=True, values=ROLES),
        C("start", "float", "record", "Start of the moment.", "s", needed=True),
        C("end", "float", "record", "End, not included.", "s", needed=True),
        C("context", "text", "record", "What came before.", values=("alone", "with_before")),
        C("modality", "text", "record", "What is shown.", values=("audio", "video", "both")),
        C("rule", "text", "record", "Why this moment: cue, mark or turn."),
    ),
)

RATINGS = Table(
    "ratings",
    "One row per answer of one person to one question about one item.",
    ("item_id", "view", "question", "rater_id", "rating_id"),
    (
        C("rating_id", "text", "record", "The answer.", needed=True),
        C("item_id", "text", "record", "The item.", needed=True),
        C("view", "text", "view", "Whose statement it is.", needed=True, values=VIEWS),
        C("rater_id", "text", "record", "Pseudonym of who answered.", needed=True),
        C("rater_kind", "text", "record", "What answered.", needed=True, values=KINDS),
        C("question", "text", "record", "quick, feel, play or own.", needed=True),
        C("primary", "text", "view", "Category chosen first.", values=COUNTED),
        C("secondary", "texts", "view", "Further categories heard.", values=COUNTED),
        C("intensity", "int", "view", "1 slight, 2 clear, 3 strong; neutral has none.", "1..3"),
        C("valence", "int", "view", "1 unpleasant to 7 pleasant, as clicked.", "1..7"),
        C("arousal", "int", "view", "1 calm to 7 excited, as clicked.", "1..7"),
        C("dominance", "int", "view", "1 weak to 7 strong, as clicked.", "1..7"),
        C("naturalness", "int", "view", "1 put on to 5 I could be overhearing this.", "1..5"),
        C("in_character", "text", "view", "slips, mostly or all_through."),
        C("cant_tell", "bool", "view", "Could not tell; not the same as other.", needed=True),
        C("plays", "int", "record", "How often the moment was played.", "plays"),
        C("seconds", "float", "record", "Time from shown to answered.", "s"),
        C("order", "int", "record", "Position in the rater's sitting."),
        C("set_version", "text", "record", "Label set that was shown."),
    ),
)


def _dimension(name: str) -> tuple[Column, Column]:
    return (
        C(f"{name}_mean", "float", "view", f"Mean {name} of the answers.", "-1..1"),
        C(f"{name}_sd", "float", "view", f"Standard deviation of {name}.", "-1..1"),
    )


LABELS = Table(
    "labels",
    "One row per item and view: what the answers add up to. Views are never merged.",
    ("item_id", "view"),
    (
        C("item_id", "text", "record", "The item.", needed=True),
        C("view", "text", "view", "Whose statements.", needed=True, values=VIEWS),
        C("n", "int", "derived", "Category answers counted.", "answers", needed=True),
        C(
            "counts",
            "ints",
            "view",
            "Primary categories chosen, in the order of dictionary.json lists.",
            "answers",
        ),
        C("cant_tell_n", "int", "view", "Answers that could not tell.", "answers"),
        C(
            "p_fused",
            "floats",
            "view",
            "Distribution after weighing raters, same order; empty where undefined.",
            "0..1",
        ),
        C("fused_by", "text", "record", "Method of p_fused."),
        C("entropy", "float", "derived", "Of the counts.", "bit"),
        *_dimension("valence"),
        *_dimension("arousal"),
        *_dimension("dominance"),
        C("alpha_slice", "float", "derived", "Krippendorff's alpha of the release's items."),
    ),
)

TRACES = Table(
    "traces",
    "One row per continuous rating of one dimension over one item.",
    ("trace_id",),
    (
        C("trace_id", "text", "record", "The trace.", needed=True),
        C("item_id", "text", "record", "The item.", needed=True),
        C("view", "text", "view", "Whose statement it is.", needed=True, values=VIEWS),
        C("rater_id", "text", "record", "Pseudonym of who answered.", needed=True),
        C("rater_kind", "text", "record", "What answered.", needed=True, values=KINDS),
        C("dimension", "text", "view", "valence, arousal or dominance.", needed=True),
        C("t", "floats", "record", "Times of the values.", "s"),
        C("raw", "floats", "view", "Values as given.", "-1..1"),
        C("lag_s", "float", "derived", "Reaction lag that was estimated.", "s"),
        C("shifted", "floats", "derived", "Values moved earlier by the lag.", "-1..1"),
    ),
)
