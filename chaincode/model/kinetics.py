"""Mean kinetic temperature in integers, so that every endorser finds the same (USP <1079.2>).

A reading at T kelvin counts with the rate exp(-10,000 K / T), the quotient being the chapter's activation
energy, 83.144 kJ/mol, over the gas constant, 8.3144 J/(mol K). Rates are whole numbers of 2^-256: at the
coldest temperature that is taken, 58 bits are left of one. A sum of rates and the number of readings say all
that a mean kinetic temperature needs, so those of several stretches of time are added up exactly.
"""

from __future__ import annotations

from functools import lru_cache

# What a sensor for medicines can measure at all: from below liquid nitrogen to above an autoclave.
COLDEST_MC = -200_000
HOTTEST_MC = 200_000
ABSOLUTE_ZERO_MC = -273_150

_ENERGY_MK = 10_000_000
_UNIT_BITS = 256
_BITS = 128
_ONE = 1 << _BITS
_LN2 = 0xB17217F7D1CF79ABC9E3B39803F2F6AF
# The terms of exp's series that 128 bits can hold, up to ln 2.
_TERMS = 32


@lru_cache(maxsize=1 << 16)
def rate(value_mc: int) -> int:
    """The rate at a temperature from ``COLDEST_MC`` to ``HOTTEST_MC``, in 2^-256, rounded down.

    It grows with every milli-degree.
    """
    return _rate(2 * (value_mc - ABSOLUTE_ZERO_MC))


def mean_kinetic_mc(rates: int, count: int, low_mc: int, high_mc: int) -> int:
    """The temperature whose rate is ``rates / count``, to the nearest milli-degree.

    ``low_mc`` and ``high_mc`` are the lowest and the highest of the readings, between which it lies.
    """
    while low_mc < high_mc:
        middle = (low_mc + high_mc + 1) // 2
        # Up to half a milli-degree below ``middle`` is nearer to what lies under it.
        if _rate(2 * (middle - ABSOLUTE_ZERO_MC) - 1) * count <= rates:
            low_mc = middle
        else:
            high_mc = middle - 1
    return low_mc


def _rate(half_mk: int) -> int:
    """exp(-10,000 K / T) in 2^-256, with T in halves of a milli-kelvin."""
    exponent = (2 * _ENERGY_MK << _BITS) // half_mk
    # exp(-x) is 2^-halvings * exp(-rest), with a rest below ln 2, for which the series is short.
    halvings, rest = divmod(exponent, _LN2)
    value = _ONE
    for term in range(_TERMS, 0, -1):
        value = _ONE - (rest * value >> _BITS) // term
    return value << (_UNIT_BITS - _BITS) >> halvings
