"""Load from every participant that can trade, in one thread: at a steady pace, or so many unanswered."""

import random
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bulkhead.client import connect
from bulkhead.client.connection import Connection
from bulkhead.errors import TemporaryError
from bulkhead.topology.models import Topology
from chaos.recorder import Recorder
from chaos.trader import Market, Trader

PACE_PER_S = 200
"""Between blows: enough that every shard is at work, little enough that a long run can still be judged."""
TRADER_UNANSWERED_MAX = 150
"""Below what the shipped topology allows its smallest participant, 1,000: the load is to be taken."""
FRAME_COMMANDS_MAX = 10
"""Small frames, as of many participants: many messages of the log are on their way at once."""
IDLE_WAIT_S = 0.002
GLANCE_S = 0.001
"""Of one participant's reports. Not 0, which has a broker asked, and waited for, whether there are more."""
SESSION_TIMEOUT_S = 30.0


def markets_of(topology: Topology, connection: Connection, participant_id: str) -> list[Market]:
    """What trades and the participant can both buy and sell."""
    balances = topology.participants[participant_id].balances
    return [
        Market.of(connection, instrument_id)
        for instrument_id, instrument in topology.instruments.items()
        if instrument.trading == "continuous" and {instrument.base, instrument.quote} <= balances.keys()
    ]


class Load:
    """With `with` the sessions are open while the block lasts."""

    def __init__(
        self,
        topology: Topology,
        connection: Connection,
        evidence: Path,
        chance: random.Random,
        on_answer: Callable[[Trader, int, Any], None],
        on_sent: Callable[[Trader, range], None] | None = None,
    ) -> None:
        self._topology = topology
        self._connection = connection
        self._evidence = evidence
        self._chance = chance
        self._on_answer = on_answer
        self._on_sent = on_sent
        self._open = ExitStack()
        self._paced_since = 0.0
        self._paced = 0
        self.traders: list[Trader] = []
        self.books: dict[str, str] = {}
        """instrument_id -> shard of its book, of those that are traded"""
        self.problem = ""
        """why reports could not be read when they were last asked for: the log is away for now"""

    def __enter__(self) -> "Load":
        try:
            self._connect()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _connect(self) -> None:
        for participant_id in self._topology.participants:
            markets = markets_of(self._topology, self._connection, participant_id)
            if not markets:
                continue
            client = connect(
                self._connection,
                participant_id,
                window=2 * TRADER_UNANSWERED_MAX,
                timeout_s=SESSION_TIMEOUT_S,
            )
            self._open.enter_context(client)
            recorder = Recorder(self._evidence, client)
            self._open.callback(recorder.close)
            trader = Trader(client, markets, recorder, self._chance, self._on_answer, self._on_sent)
            self.traders.append(trader)
            self.books |= {market.instrument_id: market.book for market in markets}
        if not self.traders:
            raise ValueError("no participant of the topology holds both assets of an instrument that trades")
        self._paced_since = time.monotonic()

    def trade(self, topology: Topology, connection: Connection) -> None:
        """What those say that trades now, and no longer what was traded before."""
        for trader in self.traders:
            markets = markets_of(topology, connection, trader.client.participant_id)
            trader.trade(markets)
            self.books |= {market.instrument_id: market.book for market in markets}

    @property
    def unanswered(self) -> int:
        return sum(trader.client.unanswered for trader in self.traders)

    @property
    def orders_unanswered(self) -> int:
        return sum(trader.orders_unanswered for trader in self.traders)

    @property
    def commands(self) -> int:
        return sum(trader.sent for trader in self.traders)

    @property
    def orders(self) -> int:
        return sum(trader.orders for trader in self.traders)

    def keep_pace(self) -> None:
        """Send what is due since the last call, and read."""
        due = int((time.monotonic() - self._paced_since) * PACE_PER_S)
        self._send(min(due - self._paced, len(self.traders) * FRAME_COMMANDS_MAX))
        self._paced = due
        self._read()

    def press(self, unanswered: int) -> None:
        """Send until so many commands are unanswered, as far as participants may, and read."""
        self._send(unanswered - self.unanswered)
        self._read()
        self._paced = int((time.monotonic() - self._paced_since) * PACE_PER_S)

    def one_each(self) -> None:
        """One command of every participant, now."""
        for trader in self.traders:
            trader.send(1)

    def _send(self, count: int) -> None:
        """Spread over participants at random, in small frames."""
        traders = self._chance.sample(self.traders, len(self.traders))
        while count > 0:
            able = [t for t in traders if t.client.unanswered + FRAME_COMMANDS_MAX <= TRADER_UNANSWERED_MAX]
            if not able:
                return
            for trader in able:
                size = min(count, FRAME_COMMANDS_MAX)
                if size > 0:
                    trader.send(size)
                    count -= size

    def _read(self) -> None:
        if not self._hear(GLANCE_S, self.traders):
            # Whoever has most to hear is the first to hear it.
            self._hear(IDLE_WAIT_S, [max(self.traders, key=lambda trader: trader.client.unanswered)])

    def read(self) -> int:
        """All that there is for anybody by now; how many reports."""
        return self._hear(0.0, self.traders)

    def _hear(self, timeout_s: float, traders: Iterable[Trader]) -> int:
        """How many reports there were. A log that is away is waited for, as a participant would."""
        count, self.problem = 0, ""
        for trader in traders:
            try:
                count += trader.read(timeout_s)
            except TemporaryError as problem:
                self.problem = str(problem)
        return count
