"""What is said of a value that is wrong: the nearest that would be right."""

from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction

from bulkhead.topology.problems import Finding, Path
from bulkhead.topology.values import decimals_needed


def did_you_mean(word: str, known: list[str]) -> str:
    """A hint for a name that is not known: the nearest one, or all when there are few."""
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    return f"there is {shown}" if known else "there is none"


def unknown(path: Path, kind: str, word: str, known: list[str], at_key: bool = False) -> Finding:
    return Finding(path, f"there is no {kind} {word}", did_you_mean(word, known), at_key)


def is_multiple(value: Decimal, step: Decimal) -> bool:
    return (Fraction(value) / Fraction(step)).denominator == 1


def nearest(value: Decimal, step: Decimal) -> str:
    below = Fraction(value) // Fraction(step) * Fraction(step)
    above = text(below + Fraction(step))
    return f"the nearest are {text(below)} and {above}" if below > 0 else f"the nearest is {above}"


def text(number: Fraction) -> str:
    places = decimals_needed(number) or 0
    digits = str(abs(number.numerator) * 10**places // number.denominator).zfill(places + 1)
    sign = "-" if number < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)
