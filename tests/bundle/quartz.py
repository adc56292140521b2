"""Quartz cron expressions, as far as a schedule of ours may use them."""

import re

_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
# Name of the field, lowest and highest value, words.
_FIELDS: tuple[tuple[str, int, int, list[str]], ...] = (
    ("second", 0, 59, []),
    ("minute", 0, 59, []),
    ("hour", 0, 23, []),
    ("day of the month", 1, 31, []),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 1, 7, _DAYS),
    ("year", 1970, 2199, []),
)
_SPECIAL = {"day of the month": r"L|LW|\d{1,2}W|L-\d{1,2}", "day of the week": r"L|[1-7]L|[1-7]#[1-5]"}
_PART = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?")


def quartz_fault(expression: str) -> str | None:
    """What is wrong with an expression; None if nothing is."""
    fields = expression.split()
    if len(fields) not in (6, 7):
        return f"a Quartz cron has 6 or 7 fields (seconds first), this one {len(fields)}"
    if (fields[3] == "?") == (fields[5] == "?"):
        return "exactly one of day of the month and day of the week is '?'"
    for field, (name, low, high, words) in zip(fields, _FIELDS, strict=False):
        if field == "?" and name in _SPECIAL:
            continue
        for part in field.split(","):
            if not re.fullmatch(_SPECIAL.get(name, r"(?!)"), part) and not _is_range(part, low, high, words):
                return f"{part!r} is no {name}"
    return None


def _is_range(part: str, low: int, high: int, words: list[str]) -> bool:
    found = _PART.fullmatch(part)
    if not found:
        return False
    ends = [end for end in (found["first"], found["last"]) if end and end != "*"]
    is_stepping = found["step"] is None or 0 < int(found["step"]) <= high
    return is_stepping and all(end in words or (end.isdigit() and low <= int(end) <= high) for end in ends)
