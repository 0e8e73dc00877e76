"""What makes an exchange this one: its frames are refused everywhere else."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    exchange_id: str
    genesis_id: bytes
    """16 bytes, drawn when the genesis is written"""
    mac_key: bytes = b""
    """32 bytes, of the frames of internal sources; empty for a party that has no business with them"""

    def __repr__(self) -> str:
        return (
            f"Identity({self.exchange_id!r}, {self.genesis_id.hex()})"  # never the key: it would end in a log
        )
