"""Records a small real run in one thread, for the judge: who trades, and the end."""

import random
from collections.abc import Iterable, Sequence
from pathlib import Path

from bulkhead.client import connect
from bulkhead.client.connection import Connection
from chaos.recorder import Recorder
from chaos.trader import Market, Trader
from tests.support.exchange import MemoryExchange


def traders_of(
    exchange: MemoryExchange,
    connection: Connection,
    names: Iterable[str],
    chance: random.Random,
    folder: Path,
) -> list[Trader]:
    """One for each participant, who writes down in `folder` what it sends and gets."""
    clients = [
        connect(connection, name, log=exchange.log, idle=exchange.settle, now_us=lambda: 1, timeout_s=0.0)
        for name in names
    ]
    market = Market.of(connection, "BTC-USD")
    return [
        Trader(client, [market], Recorder(folder / "evidence", client), chance, lambda *_: None)
        for client in clients
    ]


def end(exchange: MemoryExchange, traders: Sequence[Trader], folder: Path) -> None:
    """All have read everything, and the folder has what the judge needs."""
    for _ in range(2):
        exchange.settle()
        for one in traders:
            one.read()
    for one in traders:
        one.close()
        one.client.close()
    exchange.log.close()
    (folder / "internal.key").write_text(exchange.identity.mac_key.hex())
