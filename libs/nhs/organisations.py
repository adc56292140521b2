"""Organisation codes of the Organisation Data Service (ODS)."""

from pyspark.sql import Column
from pyspark.sql import functions as F

_NHS_TRUST_OR_SITE = "^R[A-Z0-9]{2}(?:[A-Z0-9]{2,6})?$"
_OTHER_PROVIDER = "^(?=[A-Z0-9]*[0-9]|...$)[A-Z0-9]{3,9}$"


def trust_of(code: Column) -> Column:
    """The trust of a site or trust code: the first three characters of a code of an NHS trust (`RVWAE` is of `RVW`).

    The code of another provider stands as it is. Null for text that is no code, such as a hospital's name.
    """
    written = F.upper(F.trim(code))
    return F.when(written.rlike(_NHS_TRUST_OR_SITE), F.substring(written, 1, 3)).when(
        written.rlike(_OTHER_PROVIDER), written
    )
