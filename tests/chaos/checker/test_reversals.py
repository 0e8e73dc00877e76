"""Busts and corrections: the judge finds what is missing of one, or doubled, in a spoiled run."""

from chaos.checker import messages
from tests.chaos.checker.editing import RecordedRun
from tests.chaos.checker.test_checker import FEED, kinds, settled, twice, without


def names(run: RecordedRun, stream: tuple[str, str], *kinds_of: str) -> list[int]:
    """Places of messages of these kinds in a stream."""
    events = map(messages.decode, run.events(*stream))
    return [place for place, event in enumerate(events) if type(event).__name__ in kinds_of]


UNDONE = ("TradeBusted", "TradeCorrected")


def a_report_of_what_was_undone(run: RecordedRun) -> tuple[tuple[str, str], int]:
    """A stream that has one, and its place."""
    for partition, source in (
        ("reports.carol/0", "risk/0"),
        *((f"reports.{name}/0", "risk/1") for name in ("alice", "bob")),
    ):
        found = names(run, (partition, source), *UNDONE)
        if found:
            return (partition, source), found[0]
    raise AssertionError("nothing was undone")


def test_the_recorded_run_has_busts_and_corrections_which_are_judged(run: RecordedRun) -> None:
    assert run.check().summary()["reversals"] > 5
    assert {"TradeBustPublished", "TradeCorrectionPublished"} <= kinds(run, *FEED)


def test_a_side_that_is_not_told_that_its_trade_was_undone_is_found_lost(run: RecordedRun) -> None:
    stream, place = a_report_of_what_was_undone(run)
    run.retell(*stream, without(place))
    assert run.check().fills.lost == 1


def test_a_side_that_is_told_twice_that_its_trade_was_undone_is_found_doubled(run: RecordedRun) -> None:
    stream, place = a_report_of_what_was_undone(run)
    run.retell(*stream, twice(place))
    assert run.check().fills.doubled == 1


def test_a_bust_that_the_public_was_not_told_of_is_found(run: RecordedRun) -> None:
    run.retell(*FEED, without(names(run, FEED, "TradeBustPublished")[0]))
    assert run.check().fills.doubled > 0


def test_a_leg_that_undoes_a_trade_and_is_missing_is_found_lost(run: RecordedRun) -> None:
    stream = settled(run)
    legs = [messages.decode(event) for event in run.events(*stream)]
    place = next(
        place
        for place, leg in enumerate(legs)
        if type(leg).__name__ == "SettleLeg"
        and any(
            type(before).__name__ == "SettleLeg"
            and (before.trade_id, before.account_id) == (leg.trade_id, leg.account_id)
            for before in legs[:place]
        )
        and leg.fee_amount < 0
    )
    run.retell(*stream, without(place))
    assert run.check().ledger.lost == 1
