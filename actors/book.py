"""The actor of a book partition."""

from actors.shard import ShardActor
from bulkhead.machines.factory import to_look_at
from bulkhead.runtime.shard import Shard


class BookActor(ShardActor):
    """Hosts a book partition; see ShardActor."""

    def orders(self, instrument_id: str) -> list[tuple[int, str, int, int]]:
        """Every resting order in priority order, bids first: (order_id, side, price_ticks, remaining
        lots).
        """
        found: list[tuple[int, str, int, int]] = self._hosts[0].ask(
            lambda shard: _orders(shard, instrument_id)
        )
        return found


def _orders(shard: Shard, instrument_id: str) -> list[tuple[int, str, int, int]]:
    from bulkhead.domain.book_partition.machine import BookMachine  # an actor whose engine is native has none

    machine = to_look_at(shard.machine)
    assert isinstance(machine.domain, BookMachine)
    book = machine.domain.partition.instruments[instrument_id].book
    return [
        (order.order_id, order.side.name.lower(), order.price_ticks, order.remaining_lots)
        for order in book.orders()
    ]
