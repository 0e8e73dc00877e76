"""Bugs to plant in the native engine: each has to be found by the comparison with the reference.

They are planted in a copy of the crate, all of them at once; an environment variable says which is awake.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

ENGINE: Final = Path(__file__).parents[2] / "engine"
AWAKE: Final = "BULKHEAD_MUTANT"
"""The environment variable: the number of a mutant, its place in MUTANTS from 1."""


class Mutant(NamedTuple):
    """`wrong` instead of `right`, an expression that stands once in the file, of engine/src."""

    sentence: str
    file: str
    right: str
    wrong: str


OF_THE_BOOK: Final = (
    Mutant(
        "after an uncross an iceberg's slice is a whole one, though a part of it has traded",
        "book/display.rs",
        "(slice_lots - begun_lots).min(remaining_lots)",
        "slice_lots.min(remaining_lots)",
    ),
    Mutant(
        "a hidden order stands among those that are displayed",
        "book/side.rs",
        "!order.is_hidden()",
        "true",
    ),
    Mutant(
        "a pro-rata share of just the minimum is dropped",
        "book/pro_rata.rs",
        "share >= rule.minimum_lots",
        "share > rule.minimum_lots",
    ),
    Mutant(
        "the last lots of an order with a minimum quantity never trade",
        "book/plan.rs",
        "left < resting.least_lots().min(resting.remaining_lots)",
        "left < resting.least_lots()",
    ),
    Mutant(
        "a trailing stop to buy follows the highest trade of a command, not the lowest",
        "book/stops.rs",
        "(behind(order, lowest), behind(order, lowest) < now_ticks)",
        "(behind(order, highest), behind(order, highest) < now_ticks)",
    ),
    Mutant(
        "of the stops that are reached the one that the price has passed least goes first",
        "book/waiting.rs",
        "(beyond <= 0).then_some((beyond, arrival))",
        "(beyond <= 0).then_some((-beyond, arrival))",
    ),
    Mutant(
        "the exits of a bracket get what its entry traded last, not all that it traded",
        "book/links.rs",
        "link.filled_lots += concerned.traded_lots",
        "link.filled_lots = concerned.traded_lots",
    ),
    Mutant(
        "of two auction prices with one quantity the greater surplus is taken",
        "book/equilibrium.rs",
        "-self.surplus_lots.abs()",
        "self.surplus_lots.abs()",
    ),
    Mutant(
        "a replace that changes nothing loses its place",
        "book/replace.rs",
        "terms.quantity_lots <= order.remaining_lots",
        "terms.quantity_lots < order.remaining_lots",
    ),
    Mutant(
        "the dynamic band lies around the auction price though there was a trade since",
        "book/bands.rs",
        "book.last_price_ticks.or(book.reference_ticks)",
        "book.reference_ticks.or(book.last_price_ticks)",
    ),
    Mutant(
        "a gtd order is taken whose time is just over",
        "book/refuse.rs",
        "end_ms > book.time_ms",
        "end_ms >= book.time_ms",
    ),
    Mutant(
        "a quote that is reduced keeps its place though its price has changed",
        "book/mass_quote.rs",
        "price_ticks == order.price_ticks && lots <= order.remaining_lots",
        "lots <= order.remaining_lots",
    ),
)
OF_THE_MACHINE: Final = (
    Mutant(
        "the CRC-32 of an output stream stands still",
        "machine/streams.rs",
        "advance_crc_over(self.crc, self.body.as_bytes())",
        "self.body_crc",
    ),
    Mutant(
        "events that were seen are applied again",
        "machine/streams.rs",
        "usize::try_from(expected - received)",
        "usize::try_from(0 * (expected - received))",
    ),
    Mutant(
        "a rebate is rounded towards zero",
        "fees.rs",
        "product.div_euclid(RATE_ONE)",
        "product / RATE_ONE",
    ),
    Mutant(
        "who waited pays the fee of who came",
        "book_partition/fill.rs",
        "ticket.maker_fee_rate",
        "ticket.taker_fee_rate",
    ),
    Mutant(
        "a trade that was busted can be busted again",
        "book_partition/reversal.rs",
        "command.price_ticks.is_none()",
        "false",
    ),
    Mutant(
        "the timetable brings a phase again at the tick after",
        "book_partition/timetable.rs",
        "at_ms > begin_ms",
        "at_ms >= begin_ms",
    ),
    Mutant(
        "the circuit breaker forgets a clock tick too early",
        "book_partition/breaker.rs",
        "traded.tick < begin",
        "traded.tick <= begin",
    ),
    Mutant(
        "risk hears of the collar's price only when it has gone all of the way",
        "book_partition/collar.rs",
        "2 * 1000 * moved_ticks",
        "1000 * moved_ticks",
    ),
    Mutant(
        "the public feed tells what it has told",
        "book_partition/public_feed.rs",
        "ticket.shown_lots != lots",
        "true",
    ),
    Mutant(
        "after a restore an iceberg is taken to have shown all of itself",
        "book_partition/public_feed.rs",
        "orders[order].displayed_lots()",
        "orders[order].remaining_lots",
    ),
    Mutant(
        "a pause ends a clock tick late",
        "book_partition/phases.rs",
        "ends_at_tick <= common.tick",
        "ends_at_tick < common.tick",
    ),
    Mutant(
        "an instrument that is released is said to trade, whatever its phase",
        "book_partition/isolation.rs",
        "resumed.book.contents.phase",
        "Phase::Continuous",
    ),
)
OF_RISK: Final = (
    Mutant(
        "replaces in flight are reserved for as if no lots of an earlier version could have traded",
        "risk/reservation.rs",
        "earlier_cost + times(lots - earlier_lots, lot_cost)",
        "times(lots, lot_cost)",
    ),
    Mutant(
        "of a pair both orders are reserved for",
        "risk/reservation.rs",
        "(stop_cost - limit_cost).max(0)",
        "stop_cost",
    ),
    Mutant(
        "an order is reserved for at the maker's fee alone",
        "risk/reservation.rs",
        "version.maker_fee_rate.max(version.taker_fee_rate).max(0)",
        "version.maker_fee_rate.max(0)",
    ),
    Mutant(
        "a fill in an auction counts at the maker's fee",
        "risk/answers.rs",
        "event.role == Role::Maker",
        "event.role != Role::Taker",
    ),
    Mutant(
        "who ended an order by a mass cancel is told that it was asked for by a cancel",
        "risk/answers.rs",
        "order.mass_cancel.take().unwrap_or(event.reason)",
        "event.reason",
    ),
    Mutant(
        "the exits of a bracket do not wait for their entry's end",
        "risk/place_linked.rs",
        "entry.is_some()",
        "false",
    ),
    Mutant(
        "of an entry's fills only the last counts for its exits",
        "risk/linked.rs",
        "risk.links[link].filled_lots += traded_lots",
        "risk.links[link].filled_lots = traded_lots",
    ),
    Mutant(
        "one order fewer may be open",
        "risk/checks.rs",
        "participant.open_orders + orders > participant.open_orders_max",
        "participant.open_orders + orders >= participant.open_orders_max",
    ),
    Mutant(
        "cancels are too many when there are as many as are allowed",
        "risk/cancel_ratio.rs",
        "cancels > allowed",
        "cancels >= allowed",
    ),
    Mutant(
        "the collar refuses a buy at its bound",
        "risk/collar.rs",
        "price > reference + width",
        "price >= reference + width",
    ),
    Mutant(
        "a pair of buys counts twice in a position",
        "risk/exposure.rs",
        "(buying - other.0).max(0)",
        "buying",
    ),
)
OF_SETTLEMENT: Final = (
    Mutant(
        "a rebate is charged",
        "settlement/legs.rs",
        "leg.fee_amount > 0",
        "leg.fee_amount != 0",
    ),
    Mutant(
        "a deposit is told to the risk shard that the slot has left",
        "settlement/moving.rs",
        "event.new",
        "event.old",
    ),
    Mutant(
        "risk is told of a deposit that was discarded",
        "settlement/isolation.rs",
        "book_deposit(settlement, &suspended)",
        "super::deposits::deposit(settlement, &suspended, out)",
    ),
    Mutant(
        "what has been credited begins at nothing again where an account is full",
        "ledger/transfers.rs",
        "self.holders[credit].account(asset).credits.checked_add(amount)",
        "Some(self.holders[credit].account(asset).credits.wrapping_add(amount))",
    ),
    Mutant(
        "accounts go before the last book has said its last leg",
        "settlement/giving.rs",
        "leaving.switched.len() as i64 >= asked.book_shards",
        "!leaving.switched.is_empty() || asked.book_shards == 0",
    ),
    Mutant(
        "of a balance that comes both sides are its credits",
        "settlement/giving.rs",
        "event.debit_amount",
        "event.credit_amount",
    ),
    Mutant(
        "a participant whose slot has gone is known still",
        "settlement/model.rs",
        "self.participants[participant].is_some_and(&has_gone)",
        "self.participants[participant].is_some_and(|slot| slot == u16::MAX && has_gone(slot))",
    ),
    Mutant(
        "a snapshot has an account's assets in the order in which they were named first",
        "ledger/state.rs",
        "ranks[asset.place()] = rank",
        "ranks[asset.place()] = asset.place()",
    ),
)
OF_A_VIEW: Final = (
    Mutant(
        "what is left of an order is added to its level a second time",
        "view/depth.rs",
        "i128::from(lots) - i128::from(before)",
        "i128::from(lots)",
    ),
    Mutant(
        "a level stays when its last order has gone",
        "view/depth.rs",
        "level.orders == 0",
        "false",
    ),
    Mutant(
        "a candle's low is the price that it began with",
        "view/candles.rs",
        "self.low_ticks.min(deal.price_ticks)",
        "self.low_ticks",
    ),
    Mutant(
        "who joins late is not told of corrections",
        "view/trades.rs",
        "kept.price_ticks != kept.told_ticks",
        "false",
    ),
    Mutant(
        "what an uncross would have traded stays when the call is over",
        "view/session.rs",
        "!phase.is_call()",
        "false",
    ),
)
MUTANTS: Final = (*OF_THE_BOOK, *OF_THE_MACHINE, *OF_RISK, *OF_SETTLEMENT, *OF_A_VIEW)


def build(folder: Path) -> Path:
    """The library of a crate with every mutant in it, all asleep; made in `folder`, which must be empty."""
    crate = folder / "engine"
    shutil.copytree(ENGINE, crate, ignore=shutil.ignore_patterns("target"))
    for number, mutant in enumerate(MUTANTS, 1):
        _plant(crate / "src" / mutant.file, number, mutant)
    with (crate / "src" / "lib.rs").open("a") as lib:
        lib.write(
            "pub(crate) fn is_awake(number: u32) -> bool {\n"
            f'    std::env::var("{AWAKE}").is_ok_and(|awake| awake == number.to_string())\n'
            "}\n"
        )
    # The crates that ours depends on are built once, and found again by the next run.
    environment = {**os.environ, "CARGO_TARGET_DIR": str(ENGINE / "target" / "mutants")}
    command = ("cargo", "build", "--quiet", "--locked", "--features", "extension-module")
    subprocess.run(command, cwd=crate, env=environment, check=True)
    built = ENGINE / "target" / "mutants" / "debug" / "lib_engine.so"
    return Path(shutil.copy(built, folder / "_engine.abi3.so"))


def _plant(path: Path, number: int, mutant: Mutant) -> None:
    text = path.read_text()
    assert text.count(mutant.right) == 1, f"{mutant.file} does not have once: {mutant.right}"
    either = f"(if crate::is_awake({number}) {{ {mutant.wrong} }} else {{ {mutant.right} }})"
    path.write_text(text.replace(mutant.right, either))
