"""A few records for linkage, written by the cells that matter."""

import pyarrow as pa

from ml.linkage.records import COLUMNS

# A record of which nothing else is said: each has a register of its own, so that two may be one person.
JOHN = {
    "family_name": "Hardcastle",
    "given_name": "John",
    "birth_date": "19480611",
    "sex": "1",
    "postcode": "TS9 6DD",
    "phone": "07700900321",
}


def made_records(*rows: dict[str, object]) -> pa.Table:
    """Records as `ml.linkage` takes them; their places are their ordinals, and a number counts as verified."""
    cells = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in COLUMNS if name != "is_verified"}
    whole = {
        "ordinal": range(len(rows)),
        "source": [row.get("source", place) for place, row in enumerate(rows)],
        "file_id": [1] * len(rows),
    }
    numbers = {name: pa.array(values, pa.int64()) for name, values in whole.items()}
    return pa.table({**cells, **numbers, "is_verified": [row.get("nhs_number") is not None for row in rows]})
