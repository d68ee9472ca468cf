"""The papers of a release that follow from its tables: README, notebook, Croissant."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from yesand.formats.release_content import Contents, Figures
from yesand.formats.release_files import FileLine
from yesand.formats.release_tables import TABLES

_CROISSANT_TYPES = {
    "text": "sc:Text",
    "texts": "sc:Text",
    "int": "sc:Integer",
    "ints": "sc:Integer",
    "float": "sc:Float",
    "floats": "sc:Float",
    "bool": "sc:Boolean",
}

LOAD = """\
import yesand

for dyad in yesand.open("."):
    print(dyad, dyad.a.samples.shape, dyad.b.samples.shape, len(dyad.labels("observer")))
"""


def readme(contents: Contents, figures: Figures) -> str:
    """README.md."""
    who = "No human is in this release.\n\n" if contents.kind == "robots" else ""
    return f"""\
# {contents.name} {contents.version}

{who}{figures.takes} takes of two people each, {figures.hours:.2f} hours, isolated 48 kHz tracks.
Sample 0 of both tracks is the same instant.

```python
{LOAD}```

That checks every byte against the signature first, and leaves out takes that were withdrawn
since. It needs the Python package `yesand`, no account and no network. The house that published
this release names its wheel on the lab's page; `make wheel` in the repository makes one.

| file | holds |
|---|---|
| release.json, release.sig | every file by SHA-256, signed (ed25519, DSSE) |
| *.parquet | the tables; each column is explained in dictionary.json |
| shards/ | WebDataset tars: `<take>.a.flac <take>.b.flac <take>.json` |
| maps/ | the label set in the words of other sets, with what is lost |
| DATASHEET.md | how it was made, what it is for, what it is not for |
| revocations.jsonl | takes withdrawn; may grow: `yesand feed FEED .` |

Four views of feeling stand beside each other and are never merged: intended (the cue), character
(the performer about their own character), partner, observer.

Check it: `yesand release verify .`
"""


def notebook() -> bytes:
    """notebook.ipynb: load, listen, look; the same bytes in every release."""
    cells = [
        ("markdown", "# A first look\nRun this in the folder of the release."),
        ("code", LOAD.rstrip("\n")),
        ("markdown", "Every column, with its unit and whose view it is:"),
        (
            "code",
            "import json\n"
            "from pathlib import Path\n\n"
            'words = json.loads(Path("dictionary.json").read_text())["tables"]\n'
            'for column in words["takes"]["columns"]:\n'
            "    print(f\"{column['name']:24} {column['unit']:10} {column['says']}\")",
        ),
        ("markdown", "The tables are plain Parquet:"),
        (
            "code",
            'release = yesand.open(".", split="train")\n'
            'print(release.table("takes").select(["take_id", "relationship", "duration_s"]))',
        ),
    ]
    made: list[dict[str, Any]] = []
    for number, (kind, text) in enumerate(cells):
        cell: dict[str, Any] = {
            "cell_type": kind,
            "id": f"cell-{number}",
            "metadata": {},
            "source": text.splitlines(keepends=True),
        }
        if kind == "code":
            cell.update(execution_count=None, outputs=[])
        made.append(cell)
    value = {
        "cells": made,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return _pretty(value)


def croissant(contents: Contents, figures: Figures, files: Sequence[FileLine]) -> bytes:
    """croissant.json: MLCommons Croissant 1.0 over the Parquet tables and the shards."""
    hashes = {line.path: line for line in files}
    distribution: list[dict[str, Any]] = []
    records: list[dict[str, Any]] = []
    for table in TABLES:
        path = f"{table.name}.parquet"
        distribution.append(_file(f"{table.name}-file", hashes[path], "application/x-parquet"))
        records.append(
            {
                "@type": "cr:RecordSet",
                "@id": table.name,
                "name": table.name,
                "description": table.says,
                "key": [{"@id": f"{table.name}/{name}"} for name in table.key],
                "field": [
                    {
                        "@type": "cr:Field",
                        "@id": f"{table.name}/{column.name}",
                        "name": column.name,
                        "description": column.says,
                        "dataType": _CROISSANT_TYPES[column.kind],
                        **({"repeated": True} if column.kind.endswith("s") else {}),
                        "source": {
                            "fileObject": {"@id": f"{table.name}-file"},
                            "extract": {"column": column.name},
                        },
                    }
                    for column in table.columns
                ],
            }
        )
    for path in sorted(path for path in hashes if path.startswith("shards/")):
        name = path.removeprefix("shards/").removesuffix(".tar")
        distribution.append(_file(name, hashes[path], "application/x-tar"))
    value = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": f"{contents.name}-{contents.version}",
        "version": contents.version,
        "description": (
            f"{figures.takes} improvised scenes of two players, {figures.hours:.2f} hours, "
            "isolated tracks, four views of emotion. See DATASHEET.md."
        ),
        "license": "LICENSE",
        "url": f"urn:yesand:{contents.name}",
        "datePublished": contents.made_on,
        "citeAs": f"{contents.name} {contents.version}, made with YesAnd.",
        "distribution": distribution,
        "recordSet": records,
    }
    return _pretty(value)


def _file(name: str, line: FileLine, kind: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": line.path,
        "contentSize": f"{line.bytes} B",
        "encodingFormat": kind,
        "sha256": line.sha256,
    }


def _pretty(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False, sort_keys=False).encode() + b"\n"


_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
