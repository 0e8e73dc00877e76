"""Where a MessagePack value of any kind ends, for fields that a later version has put behind those we know.

A library passes over such a value as deep as the process's stack allows, which is no rule: whether a
participant's event is malformed would depend on who reads it. Here it is DEPTH_MAX, as in the native engine
(`Reader::skip` in engine/src/msgpack.rs).
"""

from typing import Final

DEPTH_MAX: Final = 16
"""how deep arrays and maps that hold something may stand in one another"""

_FIXED: Final = {
    **dict.fromkeys((0xC0, 0xC2, 0xC3), 0),
    0xCA: 4,
    0xCB: 8,
    0xCC: 1,
    0xCD: 2,
    0xCE: 4,
    0xCF: 8,
    0xD0: 1,
    0xD1: 2,
    0xD2: 4,
    0xD3: 8,
    0xD4: 2,
    0xD5: 3,
    0xD6: 5,
    0xD7: 9,
    0xD8: 17,
}
"""by first byte: how many bytes follow it"""
_COUNTED: Final = {
    0xC4: (1, 0),
    0xC5: (2, 0),
    0xC6: (4, 0),
    0xD9: (1, 0),
    0xDA: (2, 0),
    0xDB: (4, 0),
    0xC7: (1, 1),
    0xC8: (2, 1),
    0xC9: (4, 1),
}
"""by first byte: the length of a count of bytes, and how many more there are than counted"""
_HOLDING: Final = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}
"""by first byte: the length of a count, and the values for each counted"""


def skip(data: bytes, at: int, depth: int = DEPTH_MAX) -> int:
    """Where the value that begins at `at` ends. Raises ValueError: there is none, or it is too deep."""
    at, values = _head(data, at)
    if at > len(data):
        raise ValueError("the bytes end within a value")
    if values and not depth:
        raise ValueError(f"arrays and maps more than {DEPTH_MAX} deep")
    for _ in range(values):
        at = skip(data, at, depth - 1)
    return at


def _head(data: bytes, at: int) -> tuple[int, int]:
    """Where a value's own bytes end, and how many values of it follow there."""
    first = data[at] if at < len(data) else 0xC1
    at += 1
    if first <= 0x7F or first >= 0xE0:
        return at, 0
    if first <= 0x9F:
        return at, (first & 0x0F) * (2 if first <= 0x8F else 1)
    if first <= 0xBF:
        return at + (first & 0x1F), 0
    if first in _FIXED:
        return at + _FIXED[first], 0
    if first in _COUNTED:
        length, more = _COUNTED[first]
        return at + length + int.from_bytes(data[at : at + length], "big") + more, 0
    if first in _HOLDING:
        length, each = _HOLDING[first]
        return at + length, each * int.from_bytes(data[at : at + length], "big")
    raise ValueError("no value begins so")
