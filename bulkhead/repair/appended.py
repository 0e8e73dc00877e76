"""What a shard that stands nowhere has lost, put at the end of its partition."""

from collections.abc import Iterator, Sequence

from bulkhead.machines.factory import input_partition
from bulkhead.repair.resend import Lost
from bulkhead.repair.ways import Sources, again
from bulkhead.runtime.source import Source
from bulkhead.wire.authentication import MacSealer


def appended(sources: Sources, shard: str, lost: Sequence[Lost], now_us: int) -> Iterator[Source]:
    """As the streams' sources would have said it; each is for the caller to push, and to close.

    Should one speak meanwhile, its shard stands before a hole, as without. FatalError: one can't say it.
    """
    pieces = [(each.source, piece) for each in lost for piece in again(sources, shard, each)]
    for name, piece in pieces:
        source = Source(
            *(sources.log, sources.identity, name, input_partition(shard)),
            MacSealer(sources.identity.mac_key),
            f"repair/{name}/{piece.first}",
            piece.first - 1,
            piece.crc,
        )
        source.send(piece.events, now_us)
        yield source
