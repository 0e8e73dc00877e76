"""The public feed of a book, for whoever wants to know what is on it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bulkhead.client.connection import Connection
from bulkhead.log.open import open_log
from bulkhead.views.follower import Follower


@contextmanager
def follow_market(
    connection: Connection | str | Path,
    instrument_id: str,
    participant_id: str | None = None,
    *,
    from_beginning: bool = False,
) -> Iterator[Follower]:
    """Join the feed of the instrument's book, at the newest snapshot or at its beginning.

    `step(timeout_s)` of what is given reads on; `view` is the book by then: `touch` (L1), `ladder` (L2),
    `orders` (L3), `trades`, `session`, `candles` (since then), each of an instrument, in ticks and lots.
    `participant_id`: where the log is secured, whose token opens it. Errors: NoExchange, ClientError;
    ValueError: no such instrument; TemporaryError: the log is away.
    """
    if not isinstance(connection, Connection):
        connection = Connection.load(connection)
    facts = connection.instrument(instrument_id)
    address = connection.log if participant_id is None else connection.log_address(participant_id)
    genesis_id = bytes.fromhex(connection.genesis_id)
    with (
        closing(open_log(address)) as log,
        closing(
            Follower(log, facts.market_data, connection.exchange_id, genesis_id, from_beginning)
        ) as follower,
    ):
        yield follower
