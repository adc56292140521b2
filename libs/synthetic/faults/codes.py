"""Faults of codes: mistyped ones, provisional diagnoses, organisations written otherwise, notes that tell too much."""

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array, is_given
from libs.synthetic.faults.rows import Draw, Listed, drawn, listed, perhaps_mended, some_days_later

# Organisations of a pathway, and the fact with which each becomes known.
_ORGANISATIONS = {
    "first_seen_org": "first_seen_on",
    "upgrade_org": "upgraded_on",
    "transfer_from_org": "transfer_on",
    "transfer_to": "transfer_on",
}
# Sites that are taken for one another.
NEIGHBOURS = {
    "lower_gi": "upper_gi",
    "upper_gi": "lower_gi",
    "gynaecology": "urology",
    "urology": "gynaecology",
    "head_neck": "skin",
    "skin": "head_neck",
    "lung": "other",
    "haematology": "other",
}


def site_mistyped(draw: Draw) -> Listed:
    """A neighbouring tumour site, until it is put right."""
    possible = np.isin(draw.of_pathway("tumour_site").astype(str), list(NEIGHBOURS))
    possible &= draw.of_pathway("route") != "SCREEN"
    rows = drawn(draw, possible)
    from_at = draw.happened.records["visible_from"].to_numpy()[rows]
    return listed(rows, "tumour_site", from_at=from_at, until_at=some_days_later(draw, from_at, (1, 25)))


def source_mistyped(draw: Draw) -> Listed:
    """Another source of the referral; who received it knew better."""
    rows = drawn(draw, draw.of_pathway("route") != "SCREEN")
    from_at = draw.happened.records["visible_from"].to_numpy()[rows]
    return listed(rows, "referral_source", from_at=from_at, until_at=perhaps_mended(draw, from_at))


def outcome_mistyped(draw: Draw) -> Listed:
    """Another end of the 28 days, until it is put right."""
    rows = drawn(draw, is_given(draw.of_pathway("fds_end_reason")))
    from_at = draw.happened.records["informed_on_recorded_at"].to_numpy()[rows]
    return listed(rows, "fds_end_reason", from_at=from_at, until_at=some_days_later(draw, from_at, (1, 15)))


def treatment_mistyped(draw: Draw) -> Listed:
    """Another modality, until it is put right."""
    shown = draw.happened.shown
    rows = drawn(draw, np.ones(len(shown), dtype=bool))
    from_at = shown["decided_recorded_at"].to_numpy()[rows]
    return listed(
        shown["record_id"].to_numpy()[rows], "treatment_modality", from_at=from_at,
        until_at=some_days_later(draw, from_at, (1, 25)),
        treatment_number=shown["treatment_number"].to_numpy()[rows],
    )  # fmt: skip


def diagnosis_provisional(draw: Draw) -> Listed:
    """Three characters of the diagnosis, until histology says which part of the organ."""
    rows = drawn(draw, _longer_than(3, draw.of_pathway("diagnosis_icd10")))
    from_at = draw.happened.records["diagnosed_on_recorded_at"].to_numpy()[rows]
    return listed(rows, "diagnosis_icd10", from_at=from_at, until_at=some_days_later(draw, from_at, (2, 15)))


def organisation(draw: Draw) -> Listed:
    """An organisation written as its trust, under an old code, or by name: three faults that never befall one cell."""
    shown = draw.happened.shown
    record = np.concatenate([*(np.arange(len(draw.happened.records)),) * len(_ORGANISATIONS), shown["record_id"]])
    number = np.concatenate([np.zeros(len(record) - len(shown), dtype=int), shown["treatment_number"]])
    column = np.concatenate(
        [
            np.repeat(np.arange(len(_ORGANISATIONS)), len(draw.happened.records)),
            np.full(len(shown), len(_ORGANISATIONS)),
        ]
    )
    from_at = np.concatenate(
        [
            *(draw.happened.records[f"{fact}_recorded_at"].to_numpy() for fact in _ORGANISATIONS.values()),
            shown["decided_recorded_at"].to_numpy(),
        ]
    )
    low, high = _part_of(draw)
    chance = draw.stream("organisation").random(len(record))
    wanted = (chance >= low) & (chance < high) & ~np.isnat(from_at)
    if draw.name == "organisation_as_trust":  # only what is written as a site can be
        codes = [draw.of_pathway("trust" if each == "transfer_from_org" else each) for each in _ORGANISATIONS]
        wanted &= _longer_than(3, np.concatenate([*codes, draw.of_shown("treatment_org")]))
    rows = np.flatnonzero(wanted)
    columns = [*_ORGANISATIONS, "treatment_org"]
    return listed(record[rows], (column[rows], columns), from_at=from_at[rows], treatment_number=number[rows])


def _longer_than(size: int, codes: Array) -> Array:
    """True where a code has more characters; each distinct code is looked at once."""
    numbers, distinct = pd.factorize(codes)
    return np.array([*(len(each) > size for each in distinct.tolist()), False], dtype=bool)[numbers]


def _part_of(draw: Draw) -> tuple[float, float]:
    """The part of the unit interval that belongs to this way of writing an organisation."""

    starts = {"organisation_as_trust": 0.0, "organisation_as_old_code": 0.5, "organisation_as_name": 0.75}
    low = starts[draw.name]
    return low, low + draw.rate


def note_with_identifiers(draw: Draw) -> Listed:
    """Notes that carry a telephone number or a name."""
    rows = drawn(draw, np.ones(len(draw.happened.records), dtype=bool))
    return listed(rows, "tracking_note", from_at=draw.happened.records["visible_from"].to_numpy()[rows])


FAULTS = {
    "site_mistyped": site_mistyped,
    "source_mistyped": source_mistyped,
    "outcome_mistyped": outcome_mistyped,
    "treatment_mistyped": treatment_mistyped,
    "diagnosis_provisional": diagnosis_provisional,
    "organisation_as_trust": organisation,
    "organisation_as_old_code": organisation,
    "organisation_as_name": organisation,
    "note_with_identifiers": note_with_identifiers,
}
