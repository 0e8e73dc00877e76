"""An exchange whose log is SQLite files in a folder, as `up` leaves one: topology, connection, log."""

from pathlib import Path

from bulkhead.client.connection import FILE_NAME
from bulkhead.installation.connection import describe
from bulkhead.log.open import open_log
from bulkhead.topology.derived import state_directory
from tests.support.exchange import SHIPPED, MemoryExchange


def exchange_in(directory: Path) -> tuple[MemoryExchange, Path]:
    """The shipped exchange with its log in `directory`, and its topology file there."""
    file = directory / "topology.yaml"
    file.write_text(SHIPPED.read_text())
    address = f"sqlite:{directory}/log"
    exchange = MemoryExchange(wrap=lambda _: open_log(address))
    state = state_directory(exchange.topology, file)
    state.mkdir(parents=True)
    describe(exchange.topology, address, exchange.identity.genesis_id).write(state / FILE_NAME)
    return exchange, file
