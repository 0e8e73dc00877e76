import pytest

from bench.answers import NUMBERS, ExchangeAnswers
from bench.engine import apply_recorded
from bench.flow import OrderFlow
from bench.results import percentile_ms
from bulkhead.domain.messages.participant import CancelOrder
from bulkhead.domain.messages.reports import OrderFilled, OrderRejected
from tests.support.exchange import MemoryExchange, Trader

COUNT = 600


def traded(exchange: MemoryExchange) -> tuple[list[bytes], OrderFlow]:
    """Frames of flow0's reports of COUNT commands."""
    reader = exchange.log.reader("reports.flow0/0", "test")
    trader: Trader = exchange.trader("flow0")
    reader.seek(reader.end())
    flow = OrderFlow("flow0", ["flow0.00", "flow0.01"], "BTC-USD", 1)
    for _ in range(6):
        trader.send(*flow.commands(COUNT // 6))
        exchange.settle()
    return [data for _, data in reader.receive(1 << 22, 0.0)], flow


def test_every_command_of_the_flow_has_exactly_one_answer_and_none_is_rejected() -> None:
    frames, _ = traded(MemoryExchange())
    answers = ExchangeAnswers()
    assert sum(answers.count(data) for data in frames) == COUNT
    assert answers.seen[NUMBERS[OrderRejected]] == 0
    assert answers.seen[NUMBERS[OrderFilled]] > 0


def test_answers_one_by_one_name_the_commands_that_they_answer() -> None:
    frames, _ = traded(MemoryExchange())
    answers = ExchangeAnswers()
    commands = OrderFlow("flow0", ["flow0.00", "flow0.01"], "BTC-USD", 1).commands(COUNT)
    answers.expect(commands, 2)
    found = [sequence for data in frames for sequence in answers.which(data)]
    assert sorted(found) == list(range(2, COUNT + 2))
    assert any(isinstance(command, CancelOrder) for command in commands)


def test_reports_that_repeat_or_skip_are_no_measurement() -> None:
    frames, _ = traded(MemoryExchange())
    answers = ExchangeAnswers()
    answers.count(frames[0])
    with pytest.raises(RuntimeError, match="was expected"):
        answers.count(frames[0])


def test_the_machines_alone_apply_everything_that_stands_in_their_partition() -> None:
    exchange = MemoryExchange()
    traded(exchange)
    shard = max(("risk/0", "risk/1"), key=lambda name: exchange.shards[name].machine.events_applied)
    applied = apply_recorded(exchange.log, shard)
    assert applied.commands == COUNT + 1  # OpenSession
    assert applied.events == exchange.shards[shard].machine.events_applied


def test_a_percentile_is_the_nearest_rank_in_milliseconds() -> None:
    assert percentile_ms([], 0.5) == 0.0
    assert percentile_ms([3000, 1000, 2000], 0.50) == 2.0
    assert percentile_ms(list(range(1000, 101_000, 1000)), 0.99) == 100.0
