"""SYNTHETIC patients of two registers, made of drawn syllables: a `silver.patient` without the steps before it."""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from libs.lakehouse.tables import Lake

SCHEMA = (
    "trust string, system string, source_patient_id string, nhs_number string, nhs_number_status string, "
    "family_name string, given_name string, born_on date, sex string, postcode string, phone string, "
    "first_extracted_at timestamp, file_id bigint"
)
_REGISTERS = (("RTR", "scr"), ("RVW", "infoflex"))
_SYLLABLES = ("ba", "dor", "fen", "gil", "hax", "jor", "kel", "lum", "mip", "nov", "pra", "rud", "sel", "tav", "wex")
_GIVEN = ("Anna", "Boris", "Clara", "Dmitri", "Elif", "Farah", "Goran", "Hana", "Imran", "Jutta", "Kofi", "Lena")


@dataclass(frozen=True)
class MadeUp:
    """How many people there are, how many of these both registers know, and whether by a verified number."""

    people: int = 220
    in_both: int = 60
    status: str = "01"


def write_patients(lake: Lake, made_up: MadeUp) -> list[tuple[Any, ...]]:
    """Write the patients; returns their rows in the order of `SCHEMA`."""
    drawn = random.Random(7)  # noqa: S311 - made up, not secret
    rows = []
    for number in range(made_up.people):
        person = (
            f"{9_990_000_000 + number}",  # none that was ever issued
            made_up.status,
            "".join(drawn.choice(_SYLLABLES) for _ in range(4)).title(),
            drawn.choice(_GIVEN),
            date(1930, 1, 1) + timedelta(days=drawn.randrange(20_000)),
            drawn.choice("12"),
            f"TS{drawn.randrange(1, 20)} {drawn.randrange(1, 10)}{drawn.choice('ABDE')}{drawn.choice('FGHJ')}",
            f"07700{drawn.randrange(10**6):06d}",
        )
        registers = _REGISTERS if number < made_up.in_both else (drawn.choice(_REGISTERS),)
        rows += [(*register, f"P{number}", *person, datetime(2025, 1, 1), 1) for register in registers]
    lake.swap("silver.patient", lake.spark.createDataFrame(rows, SCHEMA))
    return rows
