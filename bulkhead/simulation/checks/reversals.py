"""At rest: a bust or a correction was told once to each who had to know, and moved what it had to.

An account's balance is what its reports say: credits, fills, and what was undone and done again of them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from bulkhead.domain.messages import reports, reversal
from bulkhead.domain.risk.model import Instrument, Risk
from bulkhead.domain.terms import Side
from bulkhead.log.port import Log
from bulkhead.simulation.broken import must
from bulkhead.simulation.evidence import Evidence, Streams, messages, records
from bulkhead.wire.codec import Malformed, TypeUnknown, decode
from bulkhead.wire.frame import Unreadable, read_frame

Key = tuple[str, int, int | None]
"""instrument, trade, right price"""


def check_reversals(evidence: Evidence, streams: Streams) -> None:
    done = Counter(
        (each.instrument_id, each.trade_id, each.corrected_price_ticks)
        for each in messages(streams, "decisions/0")
        if isinstance(each, reversal.TradeReversed)
    )
    told: Counter[Key] = Counter()
    busted: Counter[tuple[str, int, Side]] = Counter()
    for participant_id in evidence.topology.participants:
        for report in messages(streams, f"reports.{participant_id}/0"):
            if isinstance(report, reversal.TradeBusted):
                told[report.instrument_id, report.trade_id, None] += 1
                busted[report.instrument_id, report.trade_id, report.side] += 1
            elif isinstance(report, reversal.TradeCorrected):
                told[report.instrument_id, report.trade_id, report.price_ticks] += 1
    must(all(count == 1 for count in busted.values()), f"busted more than once: {busted}")
    twice = Counter({key: 2 * count for key, count in done.items()})
    must(told == twice, f"reversals done (each side once) {twice}, told {told}")
    published = sum(
        isinstance(each, reversal.TradeBustPublished | reversal.TradeCorrectionPublished)
        for name in evidence.shards("book")
        for each in messages(streams, name.replace("book", "market_data"), name)
    )
    must(published == done.total(), f"{done.total()} reversals were done, {published} were published")
    for name in evidence.shards("risk"):
        _check_balances(evidence.domain(name).risk, streams)


def _check_balances(risk: Risk, streams: Streams) -> None:
    said: Counter[tuple[str, str]] = Counter()
    negative: set[tuple[str, str]] = set()
    for participant in risk.participants.values():
        for report in messages(streams, participant.reports):
            for asset_id, amount in _moved(risk, report):
                said[report.account_id, asset_id] += amount
            if isinstance(report, reversal.BalanceNegative):
                key = report.account_id, report.asset_id
                must(said[key] == report.balance, f"the balance is {said[key]} at {report}")
                must(report.negative is (report.balance < 0), f"it is told to be what it is not: {report}")
                must(report.negative is not (key in negative), f"it was told before: {report}")
                negative ^= {key}
    for account in risk.accounts.values():
        for asset_id, balance in account.balances.items():
            key = account.account_id, asset_id
            must(said[key] == balance.total, f"{key}: {balance.total}, and by its reports {said[key]}")
            must((key in negative) is (balance.total < 0), f"{key}: {balance.total}, told otherwise")


def _moved(risk: Risk, report: Any) -> Iterator[tuple[str, int]]:
    """Asset and amount of all that a report says has come, or gone."""
    match report:
        case reports.BalanceCredited():
            yield report.asset_id, report.amount
        case reports.OrderFilled():
            instrument = risk.instruments[report.instrument_id]
            yield from _fill(instrument, report, report.price_ticks, report.fee_amount, 1)
        case reversal.TradeBusted():
            instrument = risk.instruments[report.instrument_id]
            yield from _fill(instrument, report, report.price_ticks, report.fee_amount, -1)
        case reversal.TradeCorrected():
            instrument = risk.instruments[report.instrument_id]
            yield from _fill(instrument, report, report.previous_price_ticks, report.previous_fee_amount, -1)
            yield from _fill(instrument, report, report.price_ticks, report.fee_amount, 1)


def _fill(
    instrument: Instrument, report: Any, price_ticks: int, fee_amount: int, times: int
) -> Iterator[tuple[str, int]]:
    buys = 1 if report.side is Side.BUY else -1
    notional = price_ticks * report.quantity_lots * instrument.tick_lot_units
    yield instrument.base_asset_id, times * buys * report.quantity_lots * instrument.lot_units
    yield instrument.quote_asset_id, times * (-buys * notional - fee_amount)


def reversals_in(log: Log) -> Iterable[reversal.FillReversed]:
    """All that any risk shard was told: accounts move. What was sent again stands there again."""
    partitions = range(log.topics()["orders"])
    for _, data in chain.from_iterable(records(log, f"orders/{number}") for number in partitions):
        try:
            events = read_frame(data).events
        except Unreadable:
            continue
        for event in events:
            try:
                message = decode(event)
            except (Malformed, TypeUnknown):
                continue
            if isinstance(message, reversal.FillReversed):
                yield message
