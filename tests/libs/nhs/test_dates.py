"""Dates as the two registers write them: every shape gives its day back, and nothing that can't be read raises."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from libs.nhs import dates

FEW_FRAMES = settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
days = st.dates(date(1801, 1, 1), date(2098, 12, 31)).filter(lambda day: day not in dates.DEFAULTS)
days_of_two_digit_years = st.dates(date(1970, 1, 1), date(2069, 12, 31))
minutes = st.integers(0, 24 * 60 - 1)
lists_of = {"min_size": 200, "max_size": 200}


def _read(spark: SparkSession, texts: Sequence[str | None], read: Column) -> list[date | None]:
    frame = spark.createDataFrame([(text,) for text in texts], "written string")
    return [row["read"] for row in frame.select(read.alias("read")).collect()]


def _short(day: date) -> str:
    return f"{day.day:02d}-{MONTHS[day.month - 1]}-{day.year % 100:02d}"


@FEW_FRAMES
@given(st.lists(days, **lists_of))
def test_a_day_written_in_either_long_shape_is_read_back(spark: SparkSession, written: list[date]) -> None:
    shapes = ("%Y-%m-%d", "%Y-%m-%d 09:30", "%d/%m/%Y", "%d/%m/%Y 23:59")
    texts = [day.strftime(shape) for shape in shapes for day in written]
    assert _read(spark, texts, dates.parse("written")) == written * len(shapes)


@FEW_FRAMES
@given(st.lists(days_of_two_digit_years, **lists_of))
def test_a_day_with_its_month_in_letters_is_read_back(spark: SparkSession, written: list[date]) -> None:
    texts = [spelling(_short(day)) for spelling in (str, str.upper, str.lower) for day in written]
    assert _read(spark, texts, dates.parse("written")) == written * 3


@FEW_FRAMES
@given(st.lists(st.tuples(st.dates(date(2024, 1, 1), date(2024, 3, 30)), minutes), **lists_of))
def test_a_minute_is_read_back_from_every_shape(spark: SparkSession, written: list[tuple[date, int]]) -> None:
    shapes = ("%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M", "%d-%b-%y %H:%M", "%Y-%m-%dT%H:%M:00")
    moments = [datetime(day.year, day.month, day.day) + timedelta(minutes=minute) for day, minute in written]
    texts = [moment.strftime(shape) for shape in shapes for moment in moments]
    as_text = F.date_format(dates.to_timestamp("written"), "yyyy-MM-dd HH:mm")
    assert _read(spark, texts, as_text) == [f"{moment:%Y-%m-%d %H:%M}" for moment in moments] * len(shapes)


@FEW_FRAMES
@given(st.lists(st.text(max_size=20), **lists_of))
def test_no_text_raises(spark: SparkSession, texts: list[str]) -> None:
    moment = F.date_format(dates.to_timestamp("written"), "yyyy")
    both = F.concat_ws("", dates.parse("written").cast("string"), moment)
    assert len(_read(spark, texts, both)) == len(texts)


def test_a_date_without_a_time_is_midnight(spark: SparkSession) -> None:
    texts = ["2024-06-01", "01/06/2024", "01-Jun-24"]
    as_text = F.date_format(dates.to_timestamp("written"), "yyyy-MM-dd HH:mm")
    assert _read(spark, texts, as_text) == ["2024-06-01 00:00"] * 3


def test_the_day_is_the_local_one_that_was_written(spark: SparkSession) -> None:
    assert _read(spark, ["2024-06-01 23:30", "01/06/2024 00:15"], dates.parse("written")) == [date(2024, 6, 1)] * 2


def test_a_time_with_a_zone_is_of_the_day_that_london_has_then(spark: SparkSession) -> None:
    days = {
        "2024-06-30T23:30:00Z": date(2024, 7, 1),
        "2024-06-30T22:59:59Z": date(2024, 6, 30),
        "2024-06-30 23:30:00.123+00:00": date(2024, 7, 1),
        "2024-07-01T00:15:00+01:00": date(2024, 7, 1),
        "2024-07-01T00:15:00+02:00": date(2024, 6, 30),
        "2024-06-30T19:30:00-05:00": date(2024, 7, 1),
        "2024-06-30T23:30+00": date(2024, 7, 1),
        "30/06/2024 23:30Z": date(2024, 7, 1),
        "2024-01-31T23:30:00Z": date(2024, 1, 31),
        # The clocks went forward at 01:00 UTC on 31 March and back at 01:00 UTC on 27 October.
        "2024-03-30T23:30:00Z": date(2024, 3, 30),
        "2024-03-31T22:59:00Z": date(2024, 3, 31),
        "2024-03-31T23:00:00Z": date(2024, 4, 1),
        "2024-10-26T23:00:00Z": date(2024, 10, 27),
        "2024-10-27T00:30:00Z": date(2024, 10, 27),
        "2024-10-27T23:30:00Z": date(2024, 10, 27),
        "2024-10-28T00:00:00Z": date(2024, 10, 28),
    }
    assert dict(zip(days, _read(spark, list(days), dates.parse("written")), strict=True)) == days


def test_a_local_time_keeps_its_day_even_in_the_hour_that_a_clock_change_leaves_out_or_repeats(
    spark: SparkSession,
) -> None:
    texts = ["2024-03-31 01:30", "2024-03-31T00:00:00", "2024-10-27 01:30", "27/10/2024 23:59:59"]
    assert _read(spark, texts, dates.parse("written")) == [date(2024, 3, 31)] * 2 + [date(2024, 10, 27)] * 2


def test_a_time_that_is_none_leaves_the_day_that_is_written(spark: SparkSession) -> None:
    texts = ["2024-06-30 25:00", "2024-06-30T23:30:00 NOWHERE", "2024-06-30 at noon", "30/06/2024 24:30Z"]
    assert _read(spark, texts, dates.parse("written")) == [date(2024, 6, 30)] * 4


def test_a_default_date_stays_one_with_a_time_and_a_zone(spark: SparkSession) -> None:
    texts = ["1900-01-01T00:00:00Z", "1753-01-01T00:00:00", "9999-12-31T23:59:59Z", "1899-12-30 00:00:00+00:00"]
    assert _read(spark, texts, dates.parse("written")) == [None] * 4
    assert _read(spark, texts, dates.to_date("written")) == [
        date(1900, 1, 1), date(1753, 1, 1), date(9999, 12, 31), date(1899, 12, 30),
    ]  # fmt: skip


def test_a_two_digit_year_above_the_pivot_is_of_the_last_century(spark: SparkSession) -> None:
    texts = ["02-Apr-51", "02-Apr-25", "02-Apr-26", "29-Feb-24"]
    assert _read(spark, texts, dates.parse("written", pivot=25)) == [
        date(1951, 4, 2), date(2025, 4, 2), date(1926, 4, 2), date(2024, 2, 29),
    ]  # fmt: skip
    assert _read(spark, texts[:1], dates.parse("written")) == [date(2051, 4, 2)]


def test_default_dates_are_no_dates_but_are_understood(spark: SparkSession) -> None:
    iso = [day.isoformat() for day in dates.DEFAULTS]
    slashed = [f"{day:%d/%m}/{day.year:04d} 00:00" for day in dates.DEFAULTS]
    assert _read(spark, iso + slashed, dates.parse("written")) == [None] * 2 * len(dates.DEFAULTS)
    assert _read(spark, iso + slashed, dates.to_date("written")) == [*dates.DEFAULTS, *dates.DEFAULTS]


def test_the_neighbours_of_a_default_date_are_dates(spark: SparkSession) -> None:
    assert _read(spark, ["1899-12-31", "02/01/1900"], dates.parse("written")) == [
        date(1899, 12, 31), date(1900, 1, 2),
    ]  # fmt: skip


def test_a_default_moment_is_no_moment(spark: SparkSession) -> None:
    recorded = F.date_format(dates.recorded(dates.to_timestamp("written")), "yyyy")
    assert _read(spark, ["1900-01-01 00:00", "2024-06-01 07:58"], recorded) == [None, "2024"]


def test_what_is_no_date_in_a_known_shape_is_null(spark: SparkSession) -> None:
    wrong = [
        None, "", "x", "2024", "2024-05", "2024-5-1", "2024-13-01", "2023-02-29", "29/02/2023", "31/04/2024",
        "1/5/2024", "01/05/24", "01/05/20241", "05-12-2024", "12-May-2024", "12-Foo-24", "31-Apr-24", "20240501",
        "45413", "01.05.2024", "0000-01-01", "1752-12-31", "0202-05-01", "01/05/0024",
        "1:30:00-05:00",
    ]  # fmt: skip
    assert _read(spark, wrong, dates.parse("written")) == [None] * len(wrong)
