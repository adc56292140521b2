"""Numbers that follow from ids alone: the same for an id at every moment, whatever was asked before."""

import numpy as np

from libs.synthetic.draws import Array

_STEP = np.uint64(0x9E3779B97F4A7C15)


def stirred(ids: Array, *salts: int) -> Array:
    """A well-stirred uint64 per id and salts (splitmix64, Steele, Lea and Flood 2014)."""
    mixed = np.asarray(ids).astype(np.int64).view(np.uint64)
    for salt in (0, *salts):
        mixed = mixed + np.uint64((salt + 1) * int(_STEP) % 2**64)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed = mixed ^ (mixed >> np.uint64(31))
    return mixed


def pick(draw: Array, options: int, *, turn: int = 0) -> Array:
    """A number below `options` per drawn number; another `turn` gives another, nearly independent one."""
    return np.asarray(((draw >> np.uint64(7 * turn)) % np.uint64(options)).astype(np.int64))


def chance(draw: Array) -> Array:
    """A fraction from 0 to below 1 per drawn number."""
    return np.asarray((draw >> np.uint64(11)).astype(np.float64) / 2.0**53)
