"""NHS numbers: ten digits of which the last is a check digit."""

from functools import reduce
from operator import add

from pyspark.sql import Column
from pyspark.sql import functions as F

_SEPARATORS = " -\t\u00a0"
_ZERO = ord("0")


def normalise(text: Column) -> Column:
    """The digits of a number that may be written 3-3-4 with spaces or hyphens."""
    return F.translate(text, _SEPARATORS, "")


def is_valid(number: Column) -> Column:
    """Whether a normalised number can exist: ten digits, modulus 11, not one digit ten times; false for null.

    Every repeated digit passes the modulus, so it is refused on its own (cwt-rules 6.1).
    """
    digits = [F.ascii(F.substring(number, place, 1)) - _ZERO for place in range(1, 11)]
    # With the check digit at weight 1 the whole sum divides by 11; a check digit of 10 can't be written.
    weighted = reduce(add, (digit * weight for digit, weight in zip(digits, range(10, 0, -1), strict=True)))
    is_possible = is_ten_digits(number) & (weighted % 11 == 0) & ~is_one_digit_repeated(number)
    return F.coalesce(is_possible, F.lit(False))


def is_ten_digits(number: Column) -> Column:
    """Whether a normalised number has its length and nothing but digits."""
    return number.rlike("^[0-9]{10}$")


def is_one_digit_repeated(number: Column) -> Column:
    """Whether a normalised number is one digit ten times: it passes the modulus and is nobody's."""
    return number == F.repeat(F.substring(number, 1, 1), F.lit(10))


def is_damaged(number: Column) -> Column:
    """Whether a spreadsheet has been at work: powers of ten (`9.99E+09`), a decimal point, or a digit lost in front."""
    return number.rlike("^(?:[0-9]+[.,][0-9]+(?:[eE][+]?[0-9]+)?|[0-9]+[eE][+]?[0-9]+|[0-9]{7,9})$")
