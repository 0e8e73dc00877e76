"""Which Ed25519 public keys may be registered (RFC 8032; refused points as in libsodium's list), and what a
participant's key may do.

A key of small order lets anybody forge its signatures, and a non-canonical encoding gives one key two names.
"""

from enum import IntFlag
from typing import Final


class Permission(IntFlag):
    """What a key may do beside reading: opening a session, which tells the open orders, and asking for them
    again. That every key may.
    """

    TRADE = 1
    """place and replace orders, and cancel them"""
    CANCEL = 2
    """cancel orders"""
    WITHDRAW = 4
    """take assets out of the exchange; no command does that yet"""


EVERYTHING: Final = Permission.TRADE | Permission.CANCEL | Permission.WITHDRAW


def may(permissions: int) -> list[str]:
    """By name; a key that may do nothing else may read."""
    return [str(each.name).lower() for each in Permission(permissions)] or ["read"]


_P = 2**255 - 19
_ORDER_8_Y = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD83D3D706A17C7
_SMALL_ORDER_Y = frozenset({0, 1, _P - 1, _ORDER_8_Y, _P - _ORDER_8_Y})


def key_problem(public_key: bytes) -> str | None:
    """What is wrong with a key, or None. It does not prove that the key is a point of the curve:
    verification does.
    """
    if len(public_key) != 32:
        return f"a key has 32 bytes, not {len(public_key)}"
    y = int.from_bytes(public_key, "little") & (2**255 - 1)
    if y >= _P:
        return "not in its canonical encoding"
    if y in _SMALL_ORDER_Y:
        return "a point of small order: anybody could sign for it"
    return None
