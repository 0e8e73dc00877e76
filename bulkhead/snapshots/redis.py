"""Snapshots in Redis: each in chunks, the last few of each shard kept.

PREFIXsnapshots:SHARD               a sorted set, its scores 0: the members, in the order of their text, are
                                    INPUTS:CHUNKS:DRAFT (20 digits; a count; 16 hexadecimal digits of chance)
PREFIXsnapshots:SHARD:MEMBER:N      chunk N of that member's bytes, from 0; together those of a snapshot file
"""

import secrets
from typing import cast

import structlog
from redis import Redis
from redis.exceptions import ResponseError

from bulkhead.errors import TemporaryError
from bulkhead.redis_access.address import RedisAddress
from bulkhead.redis_access.client import client, failures
from bulkhead.snapshots.encoding import decode, encode
from bulkhead.snapshots.names import check_shard
from bulkhead.snapshots.port import Snapshot

CHUNK_BYTES = 8 * 1024 * 1024
"""Redis does nothing else while it takes one: some 10 ms. A value may not have more than 512 MB."""
DRAFT_EXPIRES_S = 3600
"""What a killed process leaves half written goes by itself; a whole snapshot is written in seconds."""
DURABLE_WITHIN_MS = 3000
"""With `appendfsync everysec`, the default, it takes up to a second."""

# In one step, because a reader must see the snapshot whole or not at all, and a zombie that comes late with
# an older one must find the newer ones that there are by then.
_PUBLISH = """
local index, member, keep = KEYS[1], ARGV[1], tonumber(ARGV[2])
local function chunks(of)
  local names = {}
  for n = 0, tonumber(string.match(of, ':(%d+):')) - 1 do names[n + 1] = index .. ':' .. of .. ':' .. n end
  return names
end
local function drop(old)
  redis.call('ZREM', index, old)
  for _, name in ipairs(chunks(old)) do redis.call('UNLINK', name) end
end
for _, name in ipairs(chunks(member)) do
  if redis.call('EXISTS', name) == 0 then return redis.error_reply('GONE ' .. name) end
end
for _, name in ipairs(chunks(member)) do redis.call('PERSIST', name) end
for _, old in ipairs(redis.call('ZRANGE', index, 0, -1)) do
  if string.sub(old, 1, 21) == string.sub(member, 1, 21) then drop(old) end
end
redis.call('ZADD', index, 0, member)
for _, old in ipairs(redis.call('ZRANGE', index, 0, -keep - 1)) do drop(old) end
return 1
"""

_log = structlog.get_logger()


class RedisSnapshots:
    """A `SnapshotStore` in one database of a Redis server; any number of processes may use it.

    The chunks are written first, under a name that nobody else uses and nobody looks at; then one script
    makes them a snapshot. What is read has to have the right SHA-256 all the same.

    Durable is what Redis says is (WAITAOF, from Redis 7.2 on, with an append-only file). An older one, or one
    without that file, can't tell: what it has answered may be lost with it, and a shard then begins at an
    older snapshot, or at none. It is said once, as a warning.
    """

    def __init__(self, address: RedisAddress, keep: int, chunk_bytes: int = CHUNK_BYTES) -> None:
        self._address = address
        self._keep = keep
        self._chunk_bytes = chunk_bytes
        self._client = client(address)
        self._told = False

    def save(self, shard: str, snapshot: Snapshot) -> None:
        check_shard(shard)
        index = self._index(shard)
        data = memoryview(b"".join(encode(snapshot)))
        starts = range(0, len(data), self._chunk_bytes)
        member = f"{snapshot.inputs:020d}:{len(starts)}:{secrets.token_hex(8)}"
        what = f"snapshot {snapshot.inputs} of {shard} was not saved (the older ones are still there)"
        # One connection: WAITAOF speaks of what was written on its own.
        with failures(self._address, what), self._connection() as connection:
            for number, start in enumerate(starts):
                chunk = data[start : start + self._chunk_bytes]
                connection.set(f"{index}:{member}:{number}", bytes(chunk), ex=DRAFT_EXPIRES_S)
            connection.eval(_PUBLISH, 1, index, member, str(self._keep))
            self._wait_durable(connection, what)

    def _wait_durable(self, connection: Redis, what: str) -> None:
        try:
            on_disk, _ = connection.waitaof(1, 0, DURABLE_WITHIN_MS)
        except ResponseError as error:
            if not self._told:
                _log.warning("redis_snapshots_may_be_lost", redis=str(self._address), reason=str(error))
            self._told = True
            return
        if on_disk < 1:
            raise TemporaryError(
                f"{what}: Redis at {self._address.host}:{self._address.port} has not put it on its disk in"
                f" {DURABLE_WITHIN_MS / 1000:g} s; look at that disk, and at the settings appendonly and"
                f" appendfsync"
            )

    def _connection(self) -> Redis:
        """One connection of the client's, for as long as a `with` lasts."""
        return Redis(connection_pool=self._client.connection_pool, single_connection_client=True)

    def newest(self, shard: str, before: int | None = None) -> Snapshot | None:
        check_shard(shard)
        index = self._index(shard)
        skipped: set[bytes] = set()
        end = b"~" if before is None else f"{before:020d}".encode()
        with failures(self._address, f"the snapshots of {shard} can't be read"):
            while True:
                members = cast(list[bytes], self._client.zrange(index, 0, -1, desc=True))
                left = [member for member in members if member not in skipped and member < end]
                if not left:
                    return None
                try:
                    return decode(self._bytes(index, left[0].decode()))
                except ValueError as error:
                    # One that was pruned between listing and reading is not in the next listing.
                    if self._client.zscore(index, left[0]) is not None:
                        name = f"{index}:{left[0].decode()}"
                        _log.warning("snapshot_skipped", key=name, reason=str(error))
                        skipped.add(left[0])

    def _bytes(self, index: str, member: str) -> bytes:
        """Of one member; ValueError if a chunk is not there."""
        chunks: list[bytes] = []
        for number in range(int(member.split(":")[1])):
            chunk = cast(bytes | None, self._client.get(f"{index}:{member}:{number}"))
            if chunk is None:
                raise ValueError(f"torn: chunk {number} is missing")
            chunks.append(chunk)
        return b"".join(chunks)

    def _index(self, shard: str) -> str:
        return f"{self._address.prefix}snapshots:{shard}"

    def close(self) -> None:
        self._client.close()
