"""What is halted concerns nobody else: others of the same shards see what they would have seen without it."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from zlib import crc32

from hypothesis import given, settings
from hypothesis import strategies as st

from bulkhead.domain.messages import market_data, orders, quotes, reports, settlement
from bulkhead.domain.messages.control import DefineInstrument
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder, ReplaceOrder
from bulkhead.domain.terms import OrderType, Phase, TimeInForce
from bulkhead.wire.codec import encode
from tests.property.exchange_flow import fixed_seeds
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange, Trader
from tests.support.quarantine import Ward

MARKETS = {"alice": "X-USD", "carol": "X-USD", "bob": "W-USD", "flow2": "W-USD"}
"""Where each trades. Both books are in books/0; alice and bob are on risk/1, carol and flow2 on risk/0."""
ILL = frozenset(("alice.main", "carol.main", "X-USD"))
SAID = frozenset(
    (
        *(orders.EnterOrder, orders.RemoveOrder, orders.AmendOrder, quotes.SetQuotes),
        *(market_data.DepthAdded, market_data.DepthRemoved, market_data.TradePublished),
        *(reports.OrderAccepted, reports.OrderFilled, reports.OrderCanceled, reports.OrderReplaced),
        settlement.SettleLeg,
    )
)


def poison(name: str, message: Any) -> bool:
    """One in thirty of what is said to or of alice, carol, or X-USD; of the few legs one in six."""
    if type(message) not in SAID:
        return False
    concerns = getattr(message, "account_id", None), getattr(message, "instrument_id", None)
    one_in = 6 if name.startswith("settlement/") else 30
    return not ILL.isdisjoint(concerns) and crc32(name.encode() + encode(message)) % one_in == 0


class Markets:
    """Two markets that share their shards, and one command after another, drawn from seeds."""

    def __init__(self, poison: Callable[[str, Any], bool] | None) -> None:
        self.ward = Ward()
        self.exchange = MemoryExchange(TEXT, make=self.ward.make, decides=False)
        terms = (100, 1_000, 1, 90, 110, 1, 1, 15, 9, Phase.CONTINUOUS)
        self.exchange.control(DefineInstrument("W-USD", 0, "X", "USD", *terms))
        self.exchange.settle()
        self.traders = {name: self.exchange.trader(name) for name in MARKETS}
        self.names: dict[str, list[str]] = {name: [] for name in MARKETS}
        if poison is not None:
            self.ward.poison = poison

    def act(self, seed: int) -> None:
        chance = random.Random(seed)
        name = chance.choice(list(MARKETS))
        self.traders[name].send(self._command(chance, name))
        self.exchange.settle()

    def _command(self, chance: random.Random, name: str) -> Any:
        account_id, names = f"{name}.main", self.names[name]
        price_ticks, quantity_lots = chance.randint(97, 103), chance.randint(1, 9)
        what = chance.random()
        if names and what < 0.2:
            return CancelOrder(account_id, chance.choice(names))
        if names and what < 0.4:
            return ReplaceOrder(account_id, chance.choice(names), price_ticks, quantity_lots)
        names.append(f"o{len(names)}")
        terms = (chance.randint(1, 2), OrderType.LIMIT, TimeInForce.GTC, False, price_ticks, None)
        return PlaceOrder(account_id, names[-1], MARKETS[name], *terms, quantity_lots)

    def seen_by_others(self) -> Any:
        """Reports, balances and book of those in W-USD, but for order ids, which all of a shard share."""
        return (
            [_anonymous(self.traders[name]) for name in ("bob", "flow2")],
            [self._known(shard, f"{name}.main") for shard, name in ((1, "bob"), (0, "flow2"))],
            self._settled(),
            self._book(),
        )

    def _known(self, shard: int, account_id: str) -> Any:
        risk = self.exchange.risk(shard)
        account = risk.accounts[account_id]
        participant = account.participant
        counts = participant.open_orders, participant.unanswered, participant.last_sequence
        balances = {asset_id: (each.total, each.reserved) for asset_id, each in account.balances.items()}
        live = {name: (each.version, each.executed_lots) for name, each in account.live.items()}
        return counts, balances, live

    def _settled(self) -> dict[tuple[str, str], int]:
        return {
            (account.account_id, account.asset_id): account.credits_posted - account.debits_posted
            for name in ("settlement/0", "settlement/1")
            for account in self.exchange.domain(name).settlement.ledger.all_accounts()
            if account.account_id in ("bob.main", "flow2.main")
        }

    def _book(self) -> Any:
        instrument = self.exchange.domain("book/0").partition.instruments["W-USD"]
        rows = [
            (order.owner.account_id, order.side, order.price_ticks, order.remaining_lots)
            for order in instrument.book.orders()
        ]
        return instrument.trades, instrument.book.phase, rows

    def skipped(self) -> Counter[str]:
        return Counter({name: len(shard.machine.skipped) for name, shard in self.exchange.shards.items()})


def _anonymous(trader: Trader) -> list[Any]:
    return [
        replace(report, order_id=0) if hasattr(report, "order_id") else report for report in trader.reports()
    ]


def compare(seeds: Sequence[int]) -> Counter[str]:
    """The events skipped, by shard."""
    ill, well = Markets(poison), Markets(None)
    for seed in seeds:
        for markets in (ill, well):
            markets.act(seed)
    assert ill.seen_by_others() == well.seen_by_others()
    return ill.skipped()


@settings(max_examples=25)
@given(st.lists(st.integers(0, 2**32 - 1), min_size=20, max_size=80))
def test_others_of_the_same_shards_see_what_they_would_have_seen_without_it(seeds: list[int]) -> None:
    compare(seeds)


def test_the_flows_halt_something_of_every_shard_that_others_share() -> None:
    skipped: Counter[str] = Counter()
    for number in range(12):
        skipped += compare(fixed_seeds(f"isolation {number}", 80))
    assert min(skipped[name] for name in ("risk/0", "risk/1", "book/0")) > 0, skipped
    assert skipped["settlement/0"] + skipped["settlement/1"] > 0, skipped
