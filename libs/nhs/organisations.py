"""Organisation codes of the Organisation Data Service (ODS), and organisations that are written otherwise."""

import re
from collections.abc import Collection, Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

# Longer than a site's five characters it needs a digit: ROTHERHAM is a name.
_NHS_TRUST_OR_SITE = "^R[A-Z0-9]{2}(?:[A-Z0-9]{2}|(?=[A-Z]*[0-9])[A-Z0-9]{3,6})?$"
# Without a digit it is a code only where the list has it: TBC and QEH are none.
_OTHER_PROVIDER = "^(?=[A-Z0-9]*[0-9])[A-Z0-9]{3,9}$"
_IS_CODE = re.compile(f"{_NHS_TRUST_OR_SITE}|{_OTHER_PROVIDER}")
_BLANKS = "\t\n\r\u0085\u00a0\u2028\u2029"
_NEXT_PAIR, _NEXT_PART = "\x1e", "\x1f"


def trust_of(text: Column, rolled_up: Mapping[str, str] | None = None) -> Column:
    """The trust of a site or trust code: the first three characters of a code of an NHS trust (`RVWAE` is of `RVW`).

    `rolled_up` holds closed codes and names in capitals with their trusts of today (`Organisations.rolled_up`). What
    it says of the whole text goes before the site's trust, and of a site's trust after it: `RLNAA` is of `RLN`, which
    is of `R0B`. The code of another provider stands as it is if it has a digit; one of letters counts if it is listed.
    Null for text that is neither a code nor such a name.
    Capitals and blanks don't matter (cwt-rules 6.3, 7.5).
    """
    written = F.upper(F.trim(F.translate(text, f"{_BLANKS}\u2019", f"{' ' * len(_BLANKS)}'")))
    is_nhs, is_other = written.rlike(_NHS_TRUST_OR_SITE), written.rlike(_OTHER_PROVIDER)
    trust = F.substring(written, 1, 3)
    if not rolled_up:
        return F.when(is_nhs, trust).when(is_other, written)
    # A map is searched from end to end, so a code, which most texts are, is looked up among the few codes only.
    codes = {key: to for key, to in rolled_up.items() if _IS_CODE.match(key)}
    names = {key: to for key, to in rolled_up.items() if key not in codes}
    return (
        F.when(is_nhs, F.coalesce(_looked_up(written, codes), _looked_up(trust, codes), trust))
        .when(is_other, F.coalesce(_looked_up(written, codes), written))
        .otherwise(_looked_up(F.regexp_replace(written, " +", " "), names))
    )


def is_known(trust: Column, trusts: Collection[str]) -> Column:
    """Whether a rolled-up organisation is one of `trusts`; null where there is none, which is nothing to warn of."""
    return F.when(trust.isNotNull(), trust.isin(*sorted(trusts)))


def _looked_up(word: Column, words: Mapping[str, str]) -> Column:
    pairs = _NEXT_PAIR.join(f"{key}{_NEXT_PART}{to}" for key, to in words.items())
    # One literal, which Spark turns into a map once: far less code than a chain of `when`.
    return F.try_element_at(F.str_to_map(F.lit(pairs), F.lit(_NEXT_PAIR), F.lit(_NEXT_PART)), word)
