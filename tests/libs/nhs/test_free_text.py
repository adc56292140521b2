"""Redaction: what identifies a person goes in every spelling, what a tracker needs stays, and twice is as once."""

import re
from collections.abc import Sequence
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from libs.nhs.free_text import has_identifiers, redacted
from libs.settings import conf_folder
from libs.synthetic.calendar import LONDON
from libs.synthetic.figures import Figures, load_figures
from libs.synthetic.registers.view import Request, rows_as_at
from libs.synthetic.spec import WorldSpec
from libs.synthetic.world import make_world

FEW_FRAMES = settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
_OWN = ("family", "given")
Note = tuple[str | None, str | None, str | None]

NUMBERS = {
    "Tel 07700 900123 ask": "Tel [phone] ask",
    "rang 07700900123, CT 12/5": "rang [phone], CT 12/5",
    "07700-900-123 or (01632) 960 123.": "[phone] or [phone].",
    "01632/960123 x2, no answer": "[phone] x2, no answer",
    "01632 960123 ext 4567, 020 7946 0123 x4567": "[phone], [phone]",
    "+44 7700 900123 and +44 (0)7700 900123 and 0044 7700 900123": "[phone] and [phone] and [phone]",
    "44 7700 900123, 7700 900123, +353 86 123 4567": "[phone], [phone], [phone]",
    "07700\u00a0900\u2011123; 07700\u200b900123": "[phone]; [phone]",
    "tel: 663214, call 663 2145": "tel: [phone], call [phone]",
    "0191 498 0123 62 days, 01204 12345 12/5": "[phone] 62 days, [phone] 12/5",
    "Tel07700900123rang": "Tel[phone]rang",
    "999 000 0018, 999-000-0018, 9990000018": "[nhs number], [nhs number], [nhs number]",
    "NHS 999 000 0018 on 12/05/2025": "NHS [nhs number] on 12/05/2025",
    "susan.smith+1@gmail.com, jb@nhs.net12/5": "[email], [email]12/5",
    "email susan.o'neill @ example.co.uk. Seen": "email [email]. Seen",
    "of TS19 8PE, was ts198pe": "of [postcode], was [postcode]",
    "SW1A 1AA and m1 1ae": "[postcode] and [postcode]",
}
NAMED = {
    "Mr Smith rang, Mrs. O'Brien-Jones DNA": "Mr [name] rang, Mrs. [name] DNA",
    "Mr van der Berg, Dr K J Patel CT CAP": "Mr [name], Dr [name] CT CAP",
    "Mr J. Smith and Mrs Smith seen. OGD booked": "Mr [name] and Mrs [name] seen. OGD booked",
    "miss José, Sister Ward, Fr O\u2019Reilly, PROF LEE": "miss [name], Sister [name], Fr [name], PROF [name]",
    "Dr Khan JB": "Dr [name] JB",
    "daughter Susan rang, wife Mary Jones aware": "daughter [name] rang, wife [name] aware",
    "NOK: Mary Jones, NOK - Tom; next of kin is Ann": "NOK: [name], NOK - [name]; next of kin is [name]",
    "NOK: MARY JONES, DAUGHTER SUE RANG": "NOK: [name], DAUGHTER [name] RANG",
    "ask for Susan Smith - JB": "ask for [name] - JB",
    "spoke to Mary re TCI, d/w CNS Julie Brown": "spoke to [name] re TCI, d/w CNS [name]",
    "spoke to his son-in-law (Tom) Monday": "spoke to his son-in-law ([name]) Monday",
    "pt Smith rang, call from J Smith": "pt [name] rang, call from [name]",
    "spoke to Susan and Mary, sister Нина": "spoke to [name], sister [name]",
}
KEPT = [
    "12/5 colonoscopy done, await histo - JB", "12/05/2025 10:30 CT, 12.05.2025 62 days", "12.5.25, 07-05-2025 0930",
    "01.05.2025 62 days, 01.05.2025 0930 clinic 4", "2025-05-12 09:30, 20250512, 12052025 1030",
    "PSA 12.4, 62 days, day 28, 2ww, GS 3+4=7, FIT 120, 0.5 x 0.3 cm, BP 120/80", "T3 N1 M0, N1 1st line, C50.9, C61",
    "B12 5ug, S1 2wk, T2 2nd look, L5 S1, G3 4yr", "bloods @ 10am, OPA @ RVW, CT@JCUH, clinic @10.30am",
    "spoke to GP, spoke to CNS, rang Radiology, spoke to wife - JB", "spoke to wife - JB 13/5 CT done - KM",
    "spoke to wife - Awaiting histo", "IPT to James Cook, rang James Cook, emailed RVWAE, rang RVW, rang St James",
    "Dr to review, Dr letter, seen by Dr. Awaiting histo", "MR Prostate, MR liver 12/5, MRI spine",
    "Rev MDT 12/5, rev CT, fr Monday", "did not miss TCI, Miss OPA", "pt DNA OPA, Pt aware, letter to GP + pt",
    "asked for JB, ask for earlier CT slot", "TP bx done, DTT agreed, IPT sent RVWAE, CT CAP, OGD",
    "from 12/05/2025 1234567 was the row", "", "-", "@", "+", "Mr", "NOK:",
]  # fmt: skip
OWN: dict[Note, str] = {
    ("Smith rang back, SMITH, smith", "Smith", "John"): "[name] rang back, [name], [name]",
    ("Blacksmith smithy JOHN'S CT", "Smith", "John"): "Blacksmith smithy [name]'S CT",
    ("Johnson, john smith and Smith,John", "Smith", "John"): "Johnson, [name] and [name],[name]",
    ("Betty Smith rang, Rang Smith, Mrs smith", "Smith", "Elizabeth"): "[name] rang, Rang [name], Mrs [name]",
    ("OBrien, o'brien, O\u2019Brien, O Brien; Brienne", "O'Brien", None): "[name], [name], [name], [name]; Brienne",
    ("José, jose, JOSE, Jose\u0301, josephine", "Garci\u0301a", "José"): "[name], [name], [name], [name], josephine",
    ("garcía, garcia", "Garcia", "Jose"): "[name], [name]",
    (
        "smith, jones, Smith-Jones, smith jones; smithjones",
        "Smith-Jones",
        "A",
    ): "[name], [name], [name], [name]; [name]",
    ("annemarie, anne, Marie; Mariella", "X", "Anne-Marie"): "[name], [name], [name]; Mariella",
    ("J has a CT, a b c", "B", "J"): "J has a CT, a b c",
    ("НИНА пришла, Нинамария", "Петрова", "Нина"): "[name] пришла, Нинамария",
    (".* a+b ^c$ start \\E $1", "St.*art", "[a-z]+"): ".* a+b ^c$ [name] \\E $1",
    ("(x) \\Q rang", "(", "\\Q"): "(x) \\Q rang",
    ("planned, linked, annotated", "Link", "Ann"): "planned, linked, annotated",
    ("07700 900123 name phone", "Name", "Phone"): "[phone] [name]",
    ("Smith rang", None, None): "Smith rang",
    ("Smith rang", "", " - "): "Smith rang",
    (None, "Smith", "John"): "",
}


def _rows(spark: SparkSession, notes: Sequence[Note]) -> list[Row]:
    """Of each note: itself, redacted once and twice, and whether it has identifiers."""
    frame = spark.createDataFrame(list(notes), "note string, family string, given string")
    once = frame.select(
        "*",
        redacted(F.col("note"), [F.col(name) for name in _OWN]).alias("once"),
        has_identifiers(F.col("note"), [F.col(name) for name in _OWN]).alias("has"),
    )
    return once.select("*", redacted(F.col("once"), [F.col(name) for name in _OWN]).alias("twice")).collect()


def _check(spark: SparkSession, expected: dict[Note, str]) -> None:
    rows = _rows(spark, list(expected))
    assert [row["once"] for row in rows] == [text if note[0] is not None else None for note, text in expected.items()]
    _check_twice(rows)


def _check_twice(rows: Sequence[Row]) -> None:
    for row in rows:
        assert row["twice"] == row["once"]
        assert row["has"] == (row["once"] != row["note"])


def _of_nobody(texts: dict[str, str]) -> dict[Note, str]:
    return {(note, None, None): text for note, text in texts.items()}


def test_numbers_addresses_and_postcodes_are_replaced_in_every_spelling(spark: SparkSession) -> None:
    _check(spark, _of_nobody(NUMBERS))


def test_a_name_is_known_by_the_title_kinship_or_asking_before_it(spark: SparkSession) -> None:
    _check(spark, _of_nobody(NAMED))


def test_what_trackers_need_stays(spark: SparkSession) -> None:
    _check(spark, _of_nobody({note: note for note in KEPT}))


def test_the_patients_own_names_go_wherever_they_are_words_and_are_no_regular_expressions(spark: SparkSession) -> None:
    _check(spark, OWN)


def test_without_names_the_other_rules_hold(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("Mrs Smith 07700 900123",), (None,)], "note string")
    found = frame.select(redacted(F.col("note"), []), has_identifiers(F.col("note"), [])).collect()
    assert [tuple(row) for row in found] == [("Mrs [name] [phone]", True), (None, False)]


def test_a_very_long_note_of_anything_is_answered(spark: SparkSession) -> None:
    """Far longer than a note can be (4,000): Java's stack ends at about as many steps of a regular expression."""
    size = 20_000
    pieces = [
        "0",
        "0 ",
        "+4",
        "(",
        "a",
        "a@",
        "Aa ",
        "Mr ",
        "Susan ",
        "@a.",
        "'",
        "é",
        "O'",
        "ask for ",
        "NOK: J. ",
        "\n",
        "TS1 ",
    ]
    long = [f"{before}{piece * size}" for piece in pieces for before in ("", "Mr ", "spoke to ")]
    assert len(_rows(spark, [(note, "Susan", "O'" * size) for note in long])) == len(long)


@pytest.fixture(scope="module")
def figures() -> Figures:
    return load_figures(conf_folder())


def _written(figures: Figures, rate: float) -> pd.DataFrame:
    """Every record of a small world, of whose notes so many tell too much."""
    spec = WorldSpec(
        seed=5,
        pathways=2_000,
        starts_on=date(2024, 6, 2),
        ends_at=datetime(2025, 6, 2, 17, tzinfo=LONDON),
        systems={"RVW": "infoflex", "RTR": "scr"},
    )
    rates = dict.fromkeys({**figures.faults, **figures.identity_faults}, 0.0) | {"note_with_identifiers": rate}
    world = make_world(spec, figures.with_rates(rates))
    everything = [
        rows_as_at(world, Request(trust, np.datetime64("2025-06-02T09:00:00"), None)) for trust in ("RTR", "RVW")
    ]
    rows = pd.concat(everything).drop_duplicates("record_id")
    return rows[rows["tracking_note"].notna()]


@pytest.fixture(scope="module")
def ordinary(figures: Figures) -> pd.DataFrame:
    return _written(figures, 0.0)


def _notes(rows: pd.DataFrame) -> list[Note]:
    return list(rows[["tracking_note", "family_name", "given_name"]].itertuples(index=False, name=None))


def test_a_note_of_the_synthetic_world_that_tells_nothing_is_unchanged(
    spark: SparkSession, ordinary: pd.DataFrame
) -> None:
    rows = _rows(spark, _notes(ordinary))
    assert len(rows) > 1_500
    assert [row["once"] for row in rows] == [row["note"] for row in rows]
    assert not any(row["has"] for row in rows)


def test_all_that_the_synthetic_world_tells_too_much_is_found(spark: SparkSession, figures: Figures) -> None:
    told = _written(figures, 1.0)
    rows = _rows(spark, _notes(told))
    assert len(rows) > 1_500
    assert all(row["has"] for row in rows)
    assert not [row["once"] for row in rows if re.search("[0-9]{4}", row["once"])]
    assert not [
        row["once"] for row in rows if re.search(rf"\b{re.escape(row['family'])}\b", row["once"], re.IGNORECASE)
    ]


digits = st.text("0123456789", min_size=9, max_size=9)
phones = st.tuples(
    st.sampled_from(
        ["07{0}{1} {2}{3}", "07{0}{1}{2}{3}", "(01{0}) {1}{2}{3}", "+44 7{0}{1} {2}{3}", "020-{1}{2}-{0}{3}"]
    ),
    digits,
).map(lambda each: each[0].format(each[1][:3], each[1][3], each[1][4:6], each[1][6:]))
nhs_numbers = st.tuples(st.sampled_from(["4{}{}{}", "4{} {} {}", "4{}-{}-{}"]), digits).map(
    lambda each: each[0].format(each[1][:2], each[1][2:5], each[1][5:])
)
emails = st.from_regex(r"[a-z][a-z0-9._+-]{0,12}[a-z0-9]@[a-z]{2,9}\.(com|co\.uk|net|nhs\.uk)", fullmatch=True)
slips = st.lists(
    st.tuples(st.one_of(phones, nhs_numbers, emails), st.floats(0, 1), st.integers(0, 10**6)),
    min_size=300,
    max_size=300,
)


@FEW_FRAMES
@given(slips)
def test_no_number_or_address_survives_wherever_it_is_put(
    spark: SparkSession, ordinary: pd.DataFrame, slipped: list[tuple[str, float, int]]
) -> None:
    written = _notes(ordinary)
    notes: list[Note] = []
    for secret, place, number in slipped:
        note, family, given_name = written[number % len(written)]
        # Anywhere but within a number, which would then be another one.
        gaps = [
            at for at in range(len(note or "") + 1) if not re.search("[0-9]", (note or "")[max(at - 1, 0) : at + 1])
        ]
        at = gaps[int(place * (len(gaps) - 1))]
        notes.append((f"{(note or '')[:at]}{secret}{(note or '')[at:]}", family, given_name))
    rows = _rows(spark, notes)
    _check_twice(rows)
    for row, (secret, _, _) in zip(rows, slipped, strict=True):
        assert re.sub("[^a-z0-9@]", "", secret) not in re.sub("[^a-z0-9@]", "", row["once"]), row["note"]


scraps = st.one_of(
    st.sampled_from(
        [
            "Mr ", "Mrs. ", "Dr ", "NOK: ", "ask for ", "Spoke To ", "daughter ", "pt ", "wife's ", "Smith", "susan",
            "O'Brien", "J.", "JB", "MARY", "CT", "James Cook", "van ", "and ", ", ", " - ", " ", " ", ".", "\n", "(",
            ")", "[name]", "[phone]", "[nhs number]", "07700 900123", "999 000 0018", "+44 ", "0", "1", "12/5 ",
            "2025 ", "@", "a@b.com", "TS19 8PE", "x123", "ext 4", "é", "\u0301",
        ]
    ),
    st.text(max_size=2),
)  # fmt: skip
scribbles = st.lists(
    st.tuples(st.lists(scraps, max_size=10).map("".join), st.lists(scraps, max_size=2).map("".join)),
    min_size=250,
    max_size=250,
)


@FEW_FRAMES
@given(scribbles)
def test_whatever_is_written_nothing_is_raised_and_twice_is_as_once(
    spark: SparkSession, written: list[tuple[str, str]]
) -> None:
    _check_twice(_rows(spark, [(note, name, "Susan") for note, name in written]))
