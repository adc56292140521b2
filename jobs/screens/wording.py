"""How the screens write times, numbers, codes and bars."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from libs.intake.reasons import REASONS

LONDON = ZoneInfo("Europe/London")
NONE = "-"
_SITES = {"lower_gi": "Lower GI", "upper_gi": "Upper GI", "head_neck": "Head and neck", "non_specific": "Non-specific"}
_ROUTES = {"USC": "Urgent", "BSYM": "Breast", "SCREEN": "Screening", "UPGRADE": "Upgrade", "OTHER": "Other"}
_ROUTES_IN_FULL = {
    "USC": "Urgent suspected cancer",
    "BSYM": "Breast symptomatic",
    "SCREEN": "Screening",
    "UPGRADE": "Consultant upgrade",
    "OTHER": "Another route",
}
_ACRONYMS = {"ct", "gp", "mdt", "mri", "pet"}
# A part of a bar for each day band, the darker the longer: legible without colour.
BANDS = ("░", "▒", "▓", "█")
MARK = "┃"


def local_time(moment: datetime | None) -> str:
    """A UTC time of the publication as London reads it: 'Thu 1 Aug 10:00'."""
    if moment is None:
        return NONE
    local = moment.replace(tzinfo=UTC).astimezone(LONDON)
    return f"{day(local.date())} {local:%H:%M}"


def full_time(moment: datetime) -> str:
    """A UTC time with its year: 'Thu 1 Aug 2024, 10:00'."""
    local = moment.replace(tzinfo=UTC).astimezone(LONDON)
    return f"{day(local.date())} {local:%Y, %H:%M}"


def local_date(moment: datetime) -> date:
    """The London date of a UTC time."""
    return moment.replace(tzinfo=UTC).astimezone(LONDON).date()


def day(on: date | None) -> str:
    """A date as in 'Thu 1 Aug'."""
    return NONE if on is None else f"{on:%a} {on.day} {on:%b}"


def dated(on: date | None) -> str:
    """A date with its year: 'Thu 1 Aug 2024'."""
    return NONE if on is None else f"{day(on)} {on.year}"


def count(number: int | None) -> str:
    """A whole number with thousands separated."""
    return NONE if number is None else f"{number:,}"


def share(number: Decimal) -> str:
    """A sum of shares: halves and other parts keep their decimals, whole ones have none."""
    return f"{number.normalize():,f}"


def per_cent(within: Decimal, denominator: Decimal) -> str:
    """A percentage to one decimal, half up as the national tables round."""
    if not denominator:
        return NONE
    return f"{(100 * within / denominator).quantize(Decimal('0.1'), ROUND_HALF_UP)} %"


def probability(chance: float) -> str:
    """A probability in whole per cent; nothing is certain."""
    if chance < 0.01:
        return "<1 %"
    return ">99 %" if chance > 0.99 else f"{100 * chance:.0f} %"


def site(key: str | None) -> str:
    """A tumour site as people write it."""
    return NONE if key is None else _SITES.get(key, sentence(key))


def route(code: str | None) -> str:
    """A route in a word."""
    return NONE if code is None else _ROUTES.get(code, code)


def route_in_full(code: str | None) -> str:
    """A route in the words of the standards."""
    return NONE if code is None else _ROUTES_IN_FULL.get(code, code)


def files(number: int) -> str:
    """So many files."""
    return f"{count(number)} file{'' if number == 1 else 's'}"


def month_name(month: str) -> str:
    """'2024-07' as 'July 2024'."""
    return f"{date.fromisoformat(f'{month}-01'):%B %Y}"


def reason_sentence(code: str | None) -> str:
    """What a reason code means and what to do about it."""
    return REASONS.get(code or "", "No reason was noted.")


def sentence(code: str | None) -> str:
    """A snake_case word as a person writes it; what is already written by a person stays."""
    if not code:
        return NONE
    words = [word.upper() if word in _ACRONYMS else word for word in code.replace("_", " ").split()]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def days_left(days: int) -> str:
    """How many days remain, the last day in time being 'today'."""
    return "today" if days == 0 else f"{days} day{'' if days == 1 else 's'}"


def bar(parts: Sequence[int], *, longest: int, width: int) -> str:
    """A stacked bar of the day bands, `width` characters for the `longest` total and never less than one."""
    edges = [round(width * sum(parts[: end + 1]) / longest) if longest else 0 for end in range(len(parts))]
    starts = [0, *edges[:-1]]
    drawn = "".join(glyph * (end - start) for glyph, start, end in zip(BANDS, starts, edges, strict=True))
    return drawn or (BANDS[parts.index(max(parts))] if sum(parts) else "")


def interval_bar(low: float, middle: float, high: float, *, longest: float, width: int) -> str:
    """A bar from 0 to `high`, paler from `low` on and marked at `middle`; `width` characters for `longest`."""
    if longest <= 0:
        return MARK
    start, mark, end = (min(width, round(width * value / longest)) for value in (low, middle, high))
    drawn = (BANDS[-1] * start + BANDS[1] * (end - start)).ljust(mark)
    at = min(mark, width - 1)
    return drawn[:at] + MARK + drawn[at + 1 :]
