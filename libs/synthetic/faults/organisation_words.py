"""Organisations as people write them: codes that were closed, codes in small letters, and names.

Names are those of cwt-rules 6.3; site names and closed codes are from knowledge, to be checked in ODS.
"""

import numpy as np

from libs.synthetic.draws import Array
from libs.synthetic.mixing import pick

_NAMES = {
    "RVW": "North Tees and Hartlepool", "RVWAE": "North Tees", "RVWAA": "Hartlepool", "RTR": "South Tees",
    "RTRAT": "James Cook", "RTR45": "Friarage", "RTD": "Newcastle", "RTD01": "Freeman", "RTD02": "RVI",
    "RXP": "County Durham and Darlington", "RR7": "QE Gateshead", "RTF": "Northumbria",
    "R0B": "South Tyneside & Sunderland", "RNN": "North Cumbria",
}  # fmt: skip
# Codes of the trusts that merged into today's. Where none did, none is invented.
_CLOSED = {"R0B": ("RLN", "RE9"), "RNN": ("RNL",), "R0D": ("RBD", "RDZ"), "RH8": ("RBZ",), "RM3": ("RW6",)}


def names(codes: Array) -> Array:
    """The name of each organisation as people call it; a code without one stands as it is, with a word before it."""
    known = {code: _NAMES.get(code, _NAMES.get(code[:3], f"Trust {code}")) for code in set(codes.tolist())}
    return np.array([known[code] for code in codes.tolist()], dtype=object)


def old_codes(codes: Array, draw: Array) -> Array:
    """A closed code of each organisation; one without any is written in small letters."""
    known = {code: _CLOSED.get(code[:3], (code.lower(),)) for code in set(codes.tolist())}
    pairs = zip(codes.tolist(), pick(draw, 840).tolist(), strict=True)
    return np.array([known[code][number % len(known[code])] for code, number in pairs], dtype=object)
