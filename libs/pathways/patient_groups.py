"""The groups of patients between which figures are compared: by age, ethnicity, deprivation and NHS number."""

from datetime import date

from pyspark.sql import Column
from pyspark.sql import functions as F

from libs.pathways.people import VERIFIED

EVERYBODY = "all"
NOT_KNOWN = "not known"
# The first year of age of each band but the first.
_BANDS = {85: "85+", 75: "75-84", 65: "65-74", 50: "50-64", 18: "18-49"}
# ETHNIC CATEGORY (NHS Data Dictionary): its first character is the national code, a second one is local.
_ETHNICITIES = {
    "White": "ABC",
    "Mixed": "DEFG",
    "Asian or Asian British": "HJKL",
    "Black or Black British": "MNP",
    "Other ethnic groups": "RS",
    "not stated": "Z",
}


def groups(on: date) -> Column:
    """An array of (dimension, category), one for each dimension; ages are those on the date.

    Looks at born_on, ethnic_category, nhs_number and nhs_number_status.
    """
    by_dimension = {
        EVERYBODY: F.lit(EVERYBODY),
        "age_band": age_band(on),
        "ethnicity_group": ethnicity_group(),
        # No look-up from a postcode to the index of multiple deprivation is at hand.
        "deprivation": F.lit(NOT_KNOWN),
        "nhs_number": number_status(),
    }
    told = [F.struct(F.lit(name).alias("dimension"), of.alias("category")) for name, of in by_dimension.items()]
    return F.array(*told)


def age_band(on: date) -> Column:
    """0-17, 18-49, 50-64, 65-74, 75-84 or 85+ on the date; 'not known' without a birth date."""
    band = F.when(F.col("born_on").isNull(), NOT_KNOWN)
    for years, name in _BANDS.items():
        band = band.when(F.col("born_on") <= F.add_months(F.lit(on), -12 * years), name)
    return band.otherwise("0-17")


def ethnicity_group() -> Column:
    """The five groups of the NHS Data Dictionary's ethnic categories, 'not stated' or 'not known'."""
    code = F.upper(F.substring(F.trim("ethnic_category"), 1, 1))
    group = F.when(code.isNull(), NOT_KNOWN)
    for name, codes in _ETHNICITIES.items():
        group = group.when(code.isin(*codes), name)
    return group.otherwise(NOT_KNOWN)


def number_status() -> Column:
    """The NHS number of a record: 'verified', 'present' (of any other status) or 'missing'."""
    is_verified = F.coalesce(F.col("nhs_number_status") == VERIFIED, F.lit(False))
    return F.when(F.col("nhs_number").isNull(), "missing").when(is_verified, "verified").otherwise("present")
