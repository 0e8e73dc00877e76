"""Names of shards, checked the same way by every snapshot store."""

import re

_SHARD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}/(0|[1-9][0-9]{0,8})")


def check_shard(shard: str) -> None:
    """ValueError unless `shard` is a shard's name."""
    if not _SHARD.fullmatch(shard):
        raise ValueError(f"{shard!r} is no shard name: write KIND/NUMBER, such as risk/0")
