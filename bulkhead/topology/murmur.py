"""Murmur3-32 of Austin Appleby (x86, 32 bits), the hash that gives a risk group its slot for ever."""

MASK = 0xFFFFFFFF
C1 = 0xCC9E2D51
C2 = 0x1B873593


def murmur3_32(data: bytes, seed: int = 0) -> int:
    """Return the 32-bit hash of `data`, as the published MurmurHash3_x86_32 computes it."""
    h = seed & MASK
    whole = len(data) - len(data) % 4
    for start in range(0, whole, 4):
        h ^= _mixed(int.from_bytes(data[start : start + 4], "little"))
        h = (_rotated(h, 13) * 5 + 0xE6546B64) & MASK
    h ^= _mixed(int.from_bytes(data[whole:], "little"))  # an empty tail mixes to 0
    h ^= len(data)
    h = ((h ^ h >> 16) * 0x85EBCA6B) & MASK
    h = ((h ^ h >> 13) * 0xC2B2AE35) & MASK
    return h ^ h >> 16


def _rotated(value: int, bits: int) -> int:
    return (value << bits | value >> (32 - bits)) & MASK


def _mixed(block: int) -> int:
    return _rotated(block * C1 & MASK, 15) * C2 & MASK
