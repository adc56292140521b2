"""Faults of records as such: entered twice, or told differently by the two trusts that hold a pathway."""

import numpy as np

from libs.synthetic.draws import Array
from libs.synthetic.faults.rows import Draw, Listed, drawn, listed, perhaps_mended


def duplicated(draw: Draw) -> Listed:
    """The duplicates are records already: they are listed, not drawn."""
    records = draw.happened.records
    second = np.flatnonzero(records["duplicate_of"].to_numpy() >= 0)
    removed = np.fmin(records["removed_at"].to_numpy()[second], _removed_original(draw, second))
    return listed(second, "source_pathway_id", from_at=records["visible_from"].to_numpy()[second], until_at=removed)


def _removed_original(draw: Draw, second: Array) -> Array:
    records = draw.happened.records
    return np.asarray(records["removed_at"].to_numpy()[records["duplicate_of"].to_numpy()[second]])


def duplicate_differs(draw: Draw) -> Listed:
    """Whoever entered the referral again took another day for its receipt."""
    records = draw.happened.records
    rows = drawn(draw, records["duplicate_of"].to_numpy() >= 0)
    return listed(rows, "referral_received_on", from_at=records["visible_from"].to_numpy()[rows])


def _receiving(draw: Draw) -> Array:
    """The first record of a shared pathway at the trust that received it."""
    records = draw.happened.records
    return np.asarray((records["role"] == "receiving").to_numpy() & (records["duplicate_of"] < 0).to_numpy())


def receipt_date_differs(draw: Draw) -> Listed:
    """The receiving trust has another receipt date."""
    rows = drawn(draw, _receiving(draw))
    return listed(rows, "referral_received_on", from_at=draw.happened.records["visible_from"].to_numpy()[rows])


def identifier_missing(draw: Draw) -> Listed:
    """The receiving trust has no pathway identifier."""
    return _identifiers(draw, draw.stream("pathway_identifier").random(len(draw.happened.records)) < draw.rate)


def identifier_differs(draw: Draw) -> Listed:
    """The receiving trust has another pathway identifier; it is never one of those that have none."""
    return _identifiers(draw, draw.stream("pathway_identifier").random(len(draw.happened.records)) >= 1 - draw.rate)


def _identifiers(draw: Draw, chosen: Array) -> Listed:
    rows = np.flatnonzero(_receiving(draw) & chosen)
    return listed(rows, "pathway_identifier", from_at=draw.happened.records["visible_from"].to_numpy()[rows])


def transfer_date_missing(draw: Draw) -> Listed:
    """Neither trust has the date of the transfer."""
    records = draw.happened.records
    chosen = np.zeros(len(draw.happened.pathways), dtype=bool)
    chosen[records["pathway_id"].to_numpy()[drawn(draw, _receiving(draw))]] = True
    rows = np.flatnonzero(chosen[records["pathway_id"].to_numpy()])
    from_at = records["transfer_on_recorded_at"].to_numpy()[rows]
    return listed(rows, "transfer_on", from_at=from_at, until_at=perhaps_mended(draw, from_at))


def screening_type_invalid(draw: Draw) -> Listed:
    """A screening record without a valid suspected type; a trust may have a rate of its own."""
    records = draw.happened.records
    trust = records["trust"].to_numpy()
    rate = np.full(len(records), draw.rate)
    for name, own in draw.rates.items():
        if name.startswith(f"{draw.name}."):
            rate[trust == name.split(".")[1]] = own
    rows = drawn(draw, draw.of_pathway("route") == "SCREEN", rate)
    return listed(rows, "suspected_cancer_type", from_at=records["visible_from"].to_numpy()[rows])


FAULTS = {
    "pathway_duplicated": duplicated,
    "duplicate_differs": duplicate_differs,
    "receipt_date_differs": receipt_date_differs,
    "pathway_identifier_missing": identifier_missing,
    "pathway_identifier_differs": identifier_differs,
    "transfer_date_missing": transfer_date_missing,
    "screening_type_invalid": screening_type_invalid,
}
