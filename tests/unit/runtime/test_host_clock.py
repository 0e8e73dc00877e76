"""The clock's gateway: readings into clock/0, each run a source of its own."""

from functools import partial

from bulkhead.domain.messages.control import ClockRead
from bulkhead.errors import FatalError
from bulkhead.log.port import Log, Writer
from bulkhead.runtime.clock_gateway import ClockGateway
from bulkhead.wire.codec import decode
from bulkhead.wire.frame import read_frame
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange
from tests.support.running import until


def readings(exchange: MemoryExchange) -> list[tuple[str, int, ClockRead]]:
    """(source, sequence, reading) of all that gateways have written; the test's own clock has not."""
    reader = exchange.log.reader("clock/0", "test")
    found = []
    for _, data in reader.receive(1 << 24, 0.0):
        frame = read_frame(data)
        for sequence, event in enumerate(frame.events, frame.first):
            message = decode(event)
            if isinstance(message, ClockRead):
                found.append((frame.source, sequence, message))
    reader.close()
    return found


def test_readings_never_go_back_and_each_run_numbers_its_own_from_one() -> None:
    exchange = MemoryExchange(TEXT)
    for run in (1, 2):
        gateway = ClockGateway(exchange.log, exchange.identity, tick_ms=1)
        gateway.start()
        until("three readings of this run", partial(_told, exchange, run))
        gateway.stop()
        assert gateway.problem == ""
    told = readings(exchange)
    sources = list(dict.fromkeys(source for source, _, _ in told))
    assert len(sources) == 2
    for source in sources:
        numbers = [sequence for told_by, sequence, _ in told if told_by == source]
        assert numbers == list(range(1, len(numbers) + 1))
    times = [reading.time_ms for _, _, reading in told]
    assert times == sorted(times)
    exchange.settle()
    assert exchange.shards["risk/0"].machine.tick == len(set(times))


def _told(exchange: MemoryExchange, runs: int) -> bool:
    """Whether so many runs have written three readings each."""
    sources = [source for source, _, _ in readings(exchange)]
    return sum(sources.count(source) >= 3 for source in set(sources)) == runs


class Full:
    """A log that will never take anything more into clock/0."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def writer(self, partition: str, producer: str) -> Writer:
        return _Full(self._log.writer(partition, producer))


class _Full:
    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def send(self, frame: bytes, last_sequence: int) -> None:
        self._writer.send(frame, last_sequence)

    def poll(self, timeout_s: float = 0.0) -> int:
        raise FatalError("clock/0: sealed by somebody")

    def pending(self) -> int:
        return self._writer.pending()

    def prepare(self) -> bool:
        return self._writer.prepare()

    def close(self) -> None:
        self._writer.close()


def test_a_gateway_that_can_never_write_again_says_so() -> None:
    exchange = MemoryExchange(TEXT)
    gateway = ClockGateway(Full(exchange.log), exchange.identity, tick_ms=1)  # type: ignore[arg-type]  # all that it uses of a log
    gateway.start()
    until("it has ended", lambda: gateway.problem)
    assert gateway.problem == "no more readings of the clock: clock/0: sealed by somebody"
    gateway.stop()
