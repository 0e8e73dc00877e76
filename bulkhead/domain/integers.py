"""Integers that may not fit 64 bits, as a snapshot keeps them: big-endian two's complement, no longer than
needed.

One value has one form, so equal states have equal bytes.
"""


def to_bytes(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)


def from_bytes(data: bytes) -> int:
    return int.from_bytes(data, "big", signed=True)
