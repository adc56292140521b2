"""Habits of those who type: spellings that a register shows for as long as it shows the record."""

from collections.abc import Callable

import numpy as np

from libs.synthetic.draws import Array, is_given
from libs.synthetic.faults.rows import Draw, Listed, drawn, listed
from libs.synthetic.mixing import chance, stirred

# Sites that Infoflex has several words for.
SITES_OF_SEVERAL_WORDS = ("lower_gi", "urology", "upper_gi")


def _runs(draw: Draw, system: str) -> Array:
    return np.asarray((draw.happened.records["system"] == system).to_numpy())


def _listed(draw: Draw, rows: Array, column: str) -> Listed:
    return listed(rows, column, from_at=draw.happened.records["visible_from"].to_numpy()[rows])


def of_infoflex(column: str) -> Callable[[Draw], Listed]:
    """A habit of a share of Infoflex's records."""
    return lambda draw: _listed(draw, drawn(draw, _runs(draw, "infoflex")), column)


def of_scr(column: str) -> Callable[[Draw], Listed]:
    """A habit of a share of SCR's records."""
    return lambda draw: _listed(draw, drawn(draw, _runs(draw, "scr")), column)


def site_in_other_word(draw: Draw) -> Listed:
    """Bowel for LGI, and the like."""
    several = np.isin(draw.of_pathway("tumour_site").astype(str), SITES_OF_SEVERAL_WORDS)
    return _listed(draw, drawn(draw, several & _runs(draw, "infoflex")), "tumour_site")


def outcome_in_free_text(draw: Draw) -> Listed:
    """An outcome in words of one's own."""
    rows = drawn(draw, is_given(draw.of_pathway("fds_end_reason")) & _runs(draw, "infoflex"))
    return _listed(draw, rows, "fds_end_reason")


def treatment_in_local_word(draw: Draw) -> Listed:
    """A treatment in words of one's own."""
    shown = draw.happened.shown
    rows = drawn(draw, _runs(draw, "infoflex")[shown["record_id"].to_numpy()])
    return listed(
        shown["record_id"].to_numpy()[rows], "treatment_modality",
        from_at=shown["decided_recorded_at"].to_numpy()[rows],
        treatment_number=shown["treatment_number"].to_numpy()[rows],
    )  # fmt: skip


def breach_on_day_63(draw: Draw) -> Listed:
    """The teams that count the breach date from the day after; a team is a trust's team of a site."""
    records = draw.happened.records
    codes = [
        np.unique(each.astype(str), return_inverse=True)[1]
        for each in (records["trust"].to_numpy(), draw.of_pathway("tumour_site"))
    ]
    team = codes[0] * 1000 + codes[1]
    rows = np.flatnonzero(_of_ids(draw, team) & _runs(draw, "infoflex"))
    return _listed(draw, rows, "breach_on")


def number_spaced(draw: Draw) -> Listed:
    """NHS numbers written 3-3-4, a person's everywhere."""
    rows = np.flatnonzero(_of_ids(draw, draw.happened.records["person_id"].to_numpy()) & _runs(draw, "infoflex"))
    return _listed(draw, rows, "nhs_number")


def _of_ids(draw: Draw, ids: Array) -> Array:
    """True for a share of the ids, and so for all rows of one."""
    return np.asarray(chance(stirred(ids, draw.seed % 2**32)) < draw.rate)


FAULTS = {
    "nothing_in_words": of_infoflex("*"),
    "month_in_letters": of_infoflex("*"),
    "word_in_other_case": of_infoflex("*"),
    "site_in_other_word": site_in_other_word,
    "outcome_in_free_text": outcome_in_free_text,
    "treatment_in_local_word": treatment_in_local_word,
    "breach_on_day_63": breach_on_day_63,
    "number_spaced": number_spaced,
    "code_unpadded": of_scr("*"),
    "status_local": of_scr("cancer_status"),
}
