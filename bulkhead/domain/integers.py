"""Integers that may not fit 64 bits, as a snapshot keeps them: big-endian two's complement, no longer than
needed.

One value has one form, so equal states have equal bytes.
"""

from bulkhead.domain.amounts import AMOUNT_MAX


def to_bytes(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)


def from_bytes(data: bytes) -> int:
    return int.from_bytes(data, "big", signed=True)


def amount_from_bytes(data: bytes) -> int:
    """ValueError: it is none that a machine can have come to (amounts.AMOUNT_MAX)."""
    amount = from_bytes(data)
    if not -AMOUNT_MAX - 1 <= amount <= AMOUNT_MAX:
        raise ValueError(f"an amount of {amount}, beyond 2^127")
    return amount
