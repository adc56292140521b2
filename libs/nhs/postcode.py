"""Postcodes, and the pseudo-postcodes that say "no fixed abode" or "not known"."""

from pyspark.sql import Column
from pyspark.sql import functions as F

# cwt-rules 6.2
_FORM = (
    "^(?:GIR 0AA|(?:[A-PR-UWYZ][0-9]{1,2}|[A-PR-UWYZ][A-HK-Y][0-9]{1,2}|[A-PR-UWYZ][0-9][A-HJKPSTUW]"
    "|[A-PR-UWYZ][A-HK-Y][0-9][ABEHMNPRVWXY]) [0-9][ABD-HJLNP-UW-Z]{2})$"
)

NO_PLACE = "ZZ99"  # what pseudo-postcodes begin with
_NO_PLACE_FORM = f"^{NO_PLACE}(?: [0-9][A-Z]{{2}})?$"


def normalise(text: Column) -> Column:
    """Capitals and digits only, with one space before the last three: `ts198pe` becomes `TS19 8PE`.

    Letters of other alphabets stay, since without one of them it could be another place's.
    """
    bare = F.regexp_replace(F.upper(text), r"[^\p{L}\p{N}]", "")
    return F.regexp_replace(bare, f"^(?!{NO_PLACE}$)(.+)(...)$", "$1 $2")


def is_pseudo(postcode: Column) -> Column:
    """Whether a normalised postcode stands for no place at all; such a one is never a match key. False for null."""
    return F.coalesce(postcode.startswith(NO_PLACE), F.lit(False))


def is_valid(postcode: Column) -> Column:
    """Whether a normalised postcode is a pseudo-postcode or has a real one's form; false for null.

    Pseudo-postcodes are looked for first, as they break the letter rules of real ones.
    """
    return F.coalesce(postcode.rlike(_NO_PLACE_FORM) | postcode.rlike(_FORM), F.lit(False))
