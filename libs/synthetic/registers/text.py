"""Writing columns of dates and codes as a register's text."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array


def dates(values: pd.Series, form: str) -> Array:
    """Dates in a `strftime` form; an unknown one is empty."""
    days = values.to_numpy().astype("datetime64[s]")
    known, codes = np.unique(days, return_inverse=True)
    spelled = [moment.strftime(form) if moment is not None else "" for moment in known.tolist()]
    return np.array(spelled, dtype=object)[codes]


def words(values: pd.Series, spelling: Mapping[str, str] | None = None) -> Array:
    """Text, each code replaced by the register's word for it; an unknown one is empty."""
    return np.array(
        [
            "" if value is None or value is pd.NA or value != value else (spelling[value] if spelling else value)  # noqa: PLR0124
            for value in values.tolist()
        ],
        dtype=object,
    )


def numbers(values: pd.Series, *, hide_zero: bool = True) -> Array:
    """Whole numbers as digits; an unknown one, and usually nought, is empty."""
    plain = pd.to_numeric(values).fillna(-1).astype(int).to_numpy()
    hidden = plain <= (0 if hide_zero else -1)
    return np.where(hidden, "", plain.astype(str).astype(object))
