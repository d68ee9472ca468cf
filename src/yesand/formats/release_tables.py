"""Every table of a release, every column with its line in dictionary.json.

Times inside a take are seconds from sample 0 of its tracks, on the stage clock. No table holds
a date of a scene, a name or an alias.
"""

from __future__ import annotations

from yesand.formats.emotions import COUNTED, YESAND_15
from yesand.formats.release_columns import Column, Table
from yesand.formats.release_tables_labels import ITEMS, LABELS, RATINGS, TRACES
from yesand.formats.release_words import (
    ARMS,
    FAMILIES,
    KINDS,
    PURPOSES,
    REGISTERS,
    ROLES,
    SHAPES,
    SPLITS,
    TONES,
    USES,
)

C = Column


def _pair(name: str, kind: str, viewpoint: str, says: str, unit: str = "") -> tuple[Column, ...]:
    """The same measure of both roles: `<name>_a` and `<name>_b`."""
    return tuple(
        C(f"{name}_{role}", kind, viewpoint, says.format(role=role), unit) for role in ROLES
    )


TAKES = Table(
    "takes",
    "One row per take: two people, two isolated tracks, one scene.",
    ("take_id",),
    (
        C("take_id", "text", "record", "The take; also its key in the shards.", needed=True),
        C("dyad_id", "text", "record", "The pair of performers, in no order.", needed=True),
        C("session_id", "text", "record", "The sitting the take belongs to.", needed=True),
        C("index", "int", "record", "Position of the take in its sitting, from 1."),
        C("performer_a", "text", "record", "Pseudonym of role a.", needed=True),
        C("performer_b", "text", "record", "Pseudonym of role b.", needed=True),
        C("split", "text", "record", "Part of the release.", needed=True, values=SPLITS),
        C("use", "text", "record", "Fixed when it was ordered.", needed=True, values=USES),
        C("arm", "text", "performer", "Who plays; null if the pair differs.", values=ARMS),
        C("player_kind_a", "text", "record", "What plays role a.", needed=True, values=KINDS),
        C("player_kind_b", "text", "record", "What plays role b.", needed=True, values=KINDS),
        C("prompt_id", "text", "record", "The prompt; null when the players wrote their own."),
        C("prompt_version", "int", "record", "Version of the prompt."),
        C("shape", "text", "record", "How much is written down.", values=SHAPES),
        C("family", "text", "record", "Kind of situation.", values=FAMILIES),
        C("register", "text", "record", "Everyday or heightened play.", values=REGISTERS),
        C("tone", "text", "record", "Weight of the prompt.", values=TONES),
        C("language", "text", "record", "Language played in.", "BCP 47", needed=True),
        C("relationship", "text", "record", "What the characters are to each other."),
        C("power", "text", "record", "equal, a_over_b, b_over_a or shifts."),
        C("familiarity", "int", "record", "Scenes the pair played before this one.", "scenes"),
        C("duration_s", "float", "measured", "Length of each track.", "s"),
        C("samples", "int", "measured", "Length of each track at 48 kHz.", "samples"),
        C("shard", "text", "record", "Audio shard that holds the take, without .tar."),
        C("video_shard", "text", "record", "Video shard; null where none is consented."),
        *_pair("sha256", "text", "measured", "SHA-256 of the FLAC file of role {role}."),
        *_pair("source_rate", "int", "record", "Rate the device of role {role} delivered.", "Hz"),
        *_pair(
            "processing_off",
            "bool",
            "record",
            "Browser processing (echo, noise, gain) was off for role {role}, as reported.",
        ),
        C(
            "align_offset_ms",
            "float",
            "measured",
            "Start of b after start of a.",
            "ms",
        ),
        C(
            "align_uncertainty_ms",
            "float",
            "measured",
            "The two tracks are aligned to within this (95 %); device input latency excluded.",
            "ms",
        ),
        C("drift_ppm", "float", "measured", "Clock of b against clock of a.", "ppm"),
        C("mouth_to_ear_ab_ms", "float", "measured", "Delay at which b heard a.", "ms"),
        C("mouth_to_ear_ba_ms", "float", "measured", "Delay at which a heard b.", "ms"),
        C("leak_ab_db", "float", "measured", "Level of a in b's microphone, re a's own.", "dB"),
        C("leak_ba_db", "float", "measured", "Level of b in a's microphone, re b's own.", "dB"),
        *_pair("snr", "float", "measured", "Speech level over noise floor, role {role}.", "dB"),
        *_pair("clipped_share", "float", "measured", "Clipped samples of role {role}.", "0..1"),
        *_pair("gap_s", "float", "measured", "Zero-filled time in the track of role {role}.", "s"),
        C("n_cues", "int", "derived", "Cues displayed to either role.", "cues"),
        C("has_words", "bool", "derived", "Words of this take are in table words."),
        C("observers_n", "int", "derived", "Fewest observers on any item of the take.", "raters"),
        C("pipeline_version", "text", "record", "Version that measured the signals."),
        C("errata_n", "int", "derived", "Lines of errata.jsonl about this take.", "lines"),
    ),
)

DYADS = Table(
    "dyads",
    "One row per pair of performers.",
    ("dyad_id",),
    (
        C("dyad_id", "text", "record", "The pair, in no order.", needed=True),
        C("performer_1", "text", "record", "The pseudonym that sorts first.", needed=True),
        C("performer_2", "text", "record", "The pseudonym that sorts second.", needed=True),
        C("split", "text", "record", "Part both belong to for good.", needed=True, values=SPLITS),
        C("sessions", "int", "derived", "Sittings with a take in this release.", "sittings"),
        C("takes", "int", "derived", "Takes in this release.", "takes"),
        C("hours", "float", "derived", "Length of these takes.", "h"),
    ),
)

PERFORMERS = Table(
    "performers",
    "One row per performer. A value shared by fewer than 5 performers is null.",
    ("pseudonym",),
    (
        C("pseudonym", "text", "record", "Stable across releases of a program.", needed=True),
        C("kind", "text", "record", "What this performer is.", needed=True, values=KINDS),
        C("split", "text", "record", "Split pool, given for good.", needed=True, values=SPLITS),
        C("age_band", "text", "performer", "Ten-year band as stated.", "years"),
        C("accent", "text", "performer", "In the performer's own words."),
        C("arm", "text", "performer", "Actor or non-actor.", values=ARMS),
        C("hours", "float", "derived", "Length of the takes this performer is in.", "h"),
    ),
)

PROMPTS = Table(
    "prompts",
    "One row per prompt version played. Private halves were seen by one role only.",
    ("prompt_id", "version"),
    (
        C("prompt_id", "text", "record", "The prompt.", needed=True),
        C("version", "int", "record", "Its version.", needed=True),
        C("language", "text", "record", "Language of the text.", "BCP 47"),
        C("title", "text", "record", "Title on the card."),
        C("author", "text", "record", "Who wrote it."),
        C("rights", "text", "record", "License of the text."),
        C("parent", "text", "record", "Prompt this one is a variant of (minimal pairs)."),
        C("shape", "text", "record", "How much is written down.", values=SHAPES),
        C("family", "text", "record", "Kind of situation.", values=FAMILIES),
        C("register", "text", "record", "Everyday or heightened play.", values=REGISTERS),
        C("tone", "text", "record", "Weight of the prompt.", values=TONES),
        C("premise", "text", "record", "What both were told."),
        C("relationship", "text", "record", "What the characters are to each other."),
        C("years", "float", "record", "How long they have known each other.", "years"),
        C("power", "text", "record", "equal, a_over_b, b_over_a or shifts."),
        *(
            C(f"{part}_{role}", "text", "record", f"{says} Seen by role {role} only.")
            for role in ROLES
            for part, says in (
                ("want", "What the role wants from the partner."),
                ("secret", "One fact."),
                ("soft_spot", "Why the role likes the partner."),
                ("way_of_speaking", "How the role talks."),
            )
        ),
        C("first_line", "text", "record", "Line one role opens with."),
        C("target_line", "text", "record", "Line the scenario is to earn."),
        C("target_role", "text", "record", "Role that says the target line.", values=ROLES),
        C("game", "text", "record", "One rule in one sentence."),
        C("tags", "texts", "record", "Content tags for lines and veils."),
        C("use", "text", "record", "Fixed when it was written.", values=USES),
    ),
)

CUES = Table(
    "cues",
    "One row per cue: an offer to one role. Outside cue spans a take is uncued, never neutral.",
    ("take_id", "asked_at", "cue_id"),
    (
        C("cue_id", "text", "record", "The cue.", needed=True),
        C("take_id", "text", "record", "The take.", needed=True),
        C("role", "text", "record", "Role it was offered to.", needed=True, values=ROLES),
        C("action", "text", "record", "Words on the screen; empty cues read carry on."),
        C("aim_emotion", "text", "intended", "Feeling aimed at; null if empty.", values=YESAND_15),
        C("aim_intensity", "int", "intended", "1 slight, 2 clear, 3 strong.", "1..3"),
        C("aim_shown", "bool", "record", "The performer chose to see the aim."),
        C("empty", "bool", "record", "A control without an aim.", needed=True),
        C("pulled", "bool", "record", "The performer asked for it (deal me one)."),
        C("asked_at", "float", "record", "When it was decided.", "s"),
        C("displayed_at", "float", "record", "When it stood on the screen; null if never.", "s"),
        C(
            "response",
            "text",
            "performer",
            "What the performer did with it; null: no answer. Letting go is never a fault.",
            values=("took", "bent", "let_go"),
        ),
        C("responded_at", "float", "performer", "When the response was given.", "s"),
        C("span_end", "float", "record", "Where the cued span ends.", "s"),
    ),
)


def _spans(name: str, says: str, kinds: tuple[str, ...], views: tuple[str, ...]) -> Table:
    turn_columns = (
        C(
            "fto_as_heard_a",
            "float",
            "measured",
            "Start after the end of the other's floor, at role a's ears; negative: overlap.",
            "s",
        ),
        C("fto_as_heard_b", "float", "measured", "The same at role b's ears.", "s"),
        C("overlap_s", "float", "measured", "Time of it in which both speak.", "s"),
    )
    return Table(
        name,
        says,
        ("take_id", "role", "view", "start", "end", "kind"),
        (
            C("take_id", "text", "record", "The take.", needed=True),
            C("role", "text", "record", "Whose voice.", needed=True, values=ROLES),
            C("kind", "text", "measured", "What the span is.", needed=True, values=kinds),
            C("view", "text", "measured", "Rule or ear it is told by.", values=views),
            C("start", "float", "measured", "Start.", "s", needed=True),
            C("end", "float", "measured", "End, not included.", "s", needed=True),
            *(turn_columns if name == "turns" else ()),
            C("confidence", "float", "measured", "How sure the source is.", "0..1"),
            C("source", "text", "record", "What found it: a pipeline, human or robot."),
        ),
    )


SEGMENTS = _spans(
    "segments",
    "Spans of one role: inter-pausal units, laughter, and the gaps that are zero-filled.",
    ("ipu", "pause", "laughter", "gap"),
    ("signal", "declared"),
)
TURNS = _spans(
    "turns",
    "Who held the floor, in each view. Backchannels do not take it.",
    ("turn", "backchannel"),
    ("silence", "hold", "ear_a", "ear_b"),
)

WORDS = Table(
    "words",
    "One row per word, where words exist. The source says who wrote it down.",
    ("take_id", "role", "start", "end", "word"),
    (
        C("take_id", "text", "record", "The take.", needed=True),
        C("role", "text", "record", "Who says it.", needed=True, values=ROLES),
        C("word", "text", "rater", "The word; see source.", needed=True),
        C("start", "float", "measured", "Start.", "s", needed=True),
        C("end", "float", "measured", "End, not included.", "s", needed=True),
        C("source", "text", "record", "human, script or asr:<model>.", needed=True),
        C("confidence", "float", "measured", "How sure the source is.", "0..1"),
    ),
)

QUALITY = Table(
    "quality",
    "One row per physical measure of one role's track. Nothing here judges play.",
    ("take_id", "role", "measure"),
    (
        C("take_id", "text", "record", "The take.", needed=True),
        C("role", "text", "record", "Whose track.", needed=True, values=ROLES),
        C("measure", "text", "record", "Name of the measure.", needed=True),
        C("value", "float", "measured", "The value; null where undefined."),
        C("unit", "text", "record", "Unit of the value."),
        C("valid", "bool", "measured", "The measure could be taken.", needed=True),
        C("version", "text", "record", "Version of the pipeline that measured it."),
    ),
)

CONSENT = Table(
    "consent",
    "One row per take and role: what the performer allowed when the release was built.",
    ("take_id", "role"),
    (
        C("take_id", "text", "record", "The take.", needed=True),
        C("role", "text", "record", "Whose grant.", needed=True, values=ROLES),
        C("purposes", "texts", "performer", "Purposes granted.", values=PURPOSES),
        C(
            "terms_sha256",
            "text",
            "record",
            "SHA-256 of the terms signed for it.",
        ),
        C("expires", "text", "performer", "Day the grant ends; null: no end.", "ISO 8601 date"),
        C("solo_use", "bool", "performer", "The track may stay alone.", needed=True),
    ),
)

LEFT_OUT = Table(
    "left_out",
    "How many takes are not in the release, by reason. No ids.",
    ("reason",),
    (
        C("reason", "text", "record", "The first reason that applies.", needed=True),
        C("takes", "int", "derived", "Takes.", "takes", needed=True),
        C("hours", "float", "derived", "Their length, where recorded.", "h"),
    ),
)

#: In the order of RELEASE.md.
TABLES: tuple[Table, ...] = (
    TAKES,
    DYADS,
    PERFORMERS,
    PROMPTS,
    CUES,
    SEGMENTS,
    TURNS,
    WORDS,
    ITEMS,
    RATINGS,
    LABELS,
    TRACES,
    QUALITY,
    CONSENT,
    LEFT_OUT,
)
BY_NAME = {table.name: table for table in TABLES}


def dictionary() -> dict[str, object]:
    """The content of dictionary.json: a line per column, and the order of list columns."""
    return {
        "schema": "yesand-dictionary",
        "schema_version": 1,
        "lists": {"labels.counts": list(COUNTED), "labels.p_fused": list(COUNTED)},
        "tables": {
            table.name: {
                "says": table.says,
                "key": list(table.key),
                "columns": [
                    {
                        "name": c.name,
                        "type": str(table.schema.field(c.name).type),
                        "says": c.says,
                        "unit": c.unit,
                        "viewpoint": c.viewpoint,
                        "may_be_null": table.schema.field(c.name).nullable,
                        "values": list(c.values),
                    }
                    for c in table.columns
                ],
            }
            for table in TABLES
        },
    }
