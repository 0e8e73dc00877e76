"""What the environment says to every command."""

from typing import Final

OPERATOR: Final = "BULKHEAD_OPERATOR"
"""the operator whose key signs decisions; unset: the topology's first one"""
