"""Faults of dates: default ones, swapped, mistyped, filled late, and in an impossible order."""

import numpy as np

from libs.synthetic.draws import Array
from libs.synthetic.faults.rows import NEVER, Draw, Listed, drawn, listed, of_all, perhaps_mended, some_days_later

# The dates of a pathway that people type.
TYPED = (
    "referral_decided_on", "referral_received_on", "first_seen_on", "first_test_booked_on", "first_test_done_on",
    "first_test_reported_on", "last_test_reported_on", "mdt_on", "informed_on", "diagnosed_on",
)  # fmt: skip


def date_default(draw: Draw) -> Listed:
    """A date that was not known, or not looked up, stands as the default of the form."""
    return _one_date(draw, ~np.isnat(_typed(draw)), lasts=True)


def date_swapped(draw: Draw) -> Listed:
    """Day and month of a date in each other's place; only where that makes another date."""
    days = _typed(draw)
    month = days.astype("datetime64[M]").astype(int) % 12 + 1
    of_month = (days - days.astype("datetime64[M]")).astype("timedelta64[D]").astype(int) + 1
    return _one_date(draw, ~np.isnat(days) & (of_month <= 12) & (of_month != month), lasts=True)


def date_mistyped(draw: Draw) -> Listed:
    """A date off by a digit, put right after some days."""
    return _one_date(draw, ~np.isnat(_typed(draw)), lasts=False)


def date_filled_late(draw: Draw) -> Listed:
    """A date that stays empty for some weeks; the receipt is never empty, since a referral is entered with it."""
    possible = ~np.isnat(_typed(draw))
    possible[:, TYPED.index("referral_received_on")] = False
    return _one_date(draw, possible, lasts=False)


def told_before_referral(draw: Draw) -> Listed:
    """The person was told, so it reads, before the referral came."""
    rows = drawn(draw, ~np.isnat(draw.of_pathway("informed_on")))
    from_at = draw.happened.records["informed_on_recorded_at"].to_numpy()[rows]
    return listed(rows, "informed_on", from_at=from_at, until_at=perhaps_mended(draw, from_at))


def treatment_before_decision(draw: Draw) -> Listed:
    """The treatment began, so it reads, before it was decided on."""
    shown = draw.happened.shown
    rows = drawn(draw, ~np.isnat(draw.of_shown("treatment_on")))
    from_at = shown["treated_recorded_at"].to_numpy()[rows]
    return listed(
        shown["record_id"].to_numpy()[rows], "treatment_on", from_at=from_at, until_at=perhaps_mended(draw, from_at),
        treatment_number=shown["treatment_number"].to_numpy()[rows],
    )  # fmt: skip


def _typed(draw: Draw) -> Array:
    """The typed dates that the record shows sooner or later, one column each."""
    days = np.column_stack([draw.of_pathway(column).astype("datetime64[D]") for column in TYPED])
    return np.where(np.isnat(_recorded(draw)), np.datetime64("NaT", "D"), days)


def _recorded(draw: Draw) -> Array:
    records = draw.happened.records
    columns = [f"{each}_recorded_at" if f"{each}_recorded_at" in records else "visible_from" for each in TYPED]
    return np.column_stack([records[column].to_numpy().astype("datetime64[s]") for column in columns])


def _one_date(draw: Draw, possible: Array, *, lasts: bool) -> Listed:
    """One of the possible dates of each record that the fault befalls; the rate is a share of all records."""
    rows = of_all(draw, np.asarray(possible.any(axis=1)))
    column = np.argmax(draw.rng.random((len(rows), len(TYPED))) * possible[rows], axis=1)
    from_at = _recorded(draw)[rows, column] if len(rows) else np.empty(0, dtype=NEVER.dtype)
    until_at = perhaps_mended(draw, from_at) if lasts else some_days_later(draw, from_at, (1, 20))
    return listed(rows, (column, list(TYPED)), from_at=from_at, until_at=until_at)


FAULTS = {
    "date_default": date_default,
    "date_swapped": date_swapped,
    "date_mistyped": date_mistyped,
    "date_filled_late": date_filled_late,
    "told_before_referral": told_before_referral,
    "treatment_before_decision": treatment_before_decision,
}
