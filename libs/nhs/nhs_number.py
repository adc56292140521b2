"""NHS numbers: ten digits of which the last is a check digit."""

from functools import reduce
from operator import add

from pyspark.sql import Column
from pyspark.sql import functions as F

# Blanks, what can't be seen (a zero-width blank comes along from a portal), and hyphens and dashes of every kind.
_SEPARATORS = (
    " \t\n\r\u00a0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
    "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
)
_ZERO = ord("0")


def normalise(text: Column) -> Column:
    """The digits of a number that may be written 3-3-4 with blanks, hyphens or dashes."""
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
    return number.rlike(r"^([0-9])\1{9}$")


def is_damaged(number: Column) -> Column:
    """Whether a spreadsheet has been at work: powers of ten, cents, thousands set apart, or digits lost in front.

    `9.99E+09`, `9990000018.00`, `9,990,000,018` and `990000018`.
    """
    return number.rlike(
        "^(?:[0-9]+(?:[.,][0-9]+)?[eE][+]?[0-9]+|[0-9]+[.,][0-9]{1,2}|[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{7,9})$"
    )
