"""The engines that compute books, risk, settlement and views: the same outputs, states and digests."""

import importlib.util
from enum import StrEnum
from typing import Final

HOW_TO_BUILD: Final = "install a Rust toolchain (rustup, or your distribution's cargo) and run `make venv`"


class Engine(StrEnum):
    NATIVE = "native"
    """Rust (engine/): fast"""
    REFERENCE = "reference"
    """plain Python (bulkhead/domain): the specification"""


NATIVE_KINDS: Final = ("book", "risk", "settlement", "view")
"""Shards that the native engine has machines for; every other has one engine, whatever is chosen."""


class NotBuilt(Exception):
    """The native engine was asked for and is not there."""

    def __init__(self) -> None:
        super().__init__(
            f"the native engine is not built here: {HOW_TO_BUILD}; or choose the reference engine, which "
            f"gives the same results, slower"
        )


def native_is_built() -> bool:
    return importlib.util.find_spec("bulkhead._engine") is not None


def native_build() -> str:
    """How the native engine that is here was compiled: the same results, not the same speed."""
    if not native_is_built():
        return ""
    from bulkhead._engine import profile_guided  # loads the binary, which not everybody has

    return "profile-guided" if profile_guided() else "plain"


def chosen(engine: str | None) -> Engine:
    """The engine that was asked for; None: native where it is built. Raises NotBuilt."""
    if engine is None:
        return Engine.NATIVE if native_is_built() else Engine.REFERENCE
    if engine == Engine.NATIVE and not native_is_built():
        raise NotBuilt
    return Engine(engine)
