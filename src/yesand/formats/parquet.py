"""Parquet tables written so that the same rows give the same bytes on one version of pyarrow."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from yesand.kit.errors import refuse

#: In release.json, so that a rebuild knows what else must be equal.
OPTIONS = {
    "version": "2.6",
    "data_page_version": "1.0",
    "compression": "zstd",
    "compression_level": 3,
    "row_group_size": 65536,
}


def write_table(path: Path, table: pa.Table) -> None:
    """One table at `path`; no timestamps, no machine, fixed options."""
    row_group = OPTIONS["row_group_size"]
    options = {name: value for name, value in OPTIONS.items() if name != "row_group_size"}
    pq.write_table(table, path, row_group_size=row_group, use_dictionary=True, **options)


def read_table(path: Path, schema: pa.Schema) -> pa.Table:
    """One table; raises Refused naming the file when it is absent, broken or of another schema."""
    if not path.is_file():
        raise refuse("missing_file", "is missing.", path.name)
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as broken:
        raise refuse("bad_table", f"is not a readable table ({broken}).", path.name) from None
    for field in schema:
        if field.name not in table.column_names:
            raise refuse("bad_table", f"has no column {field.name}.", path.name)
    return table
