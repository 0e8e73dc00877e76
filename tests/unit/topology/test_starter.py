"""`topology init` writes a file that is right, whatever is answered, and never over another one."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bulkhead.topology.load import loads
from bulkhead.topology.starter import DECIMALS, Start, starter
from cli import app

ASSETS = st.sampled_from([*sorted(DECIMALS), "XYZ"])
PAIRS = st.lists(st.tuples(ASSETS, ASSETS).filter(lambda pair: pair[0] != pair[1]), min_size=1, unique=True)
NAMES = st.lists(st.sampled_from(["alice", "bob", "carol.2"]), min_size=1, unique=True)


@given(PAIRS, NAMES, st.integers(1, 5), st.sampled_from(["sqlite", "pulsar"]))
def test_every_answer_makes_a_valid_topology(
    pairs: list[tuple[str, str]], names: list[str], shards: int, log: str
) -> None:
    instruments = tuple("-".join(pair) for pair in pairs)
    topology = loads(starter(Start("lab", instruments, tuple(names), shards, log)))
    assert tuple(topology.instruments) == instruments
    assert tuple(topology.participants) == tuple(names)
    assert (topology.exchange, topology.log.adapter, topology.shards.risk.count) == ("lab", log, shards)


def init(*arguments: str | Path, answers: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(app, ["topology", "init", *map(str, arguments)], input=answers)
    return done.exit_code, done.output


def test_it_asks_and_writes_and_does_not_overwrite(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    assert init(file, answers="lab\nETH-EUR SOL-JPY\nann ben\n3\npulsar\n")[0] == 0
    topology = loads(file.read_text())
    assert (topology.exchange, list(topology.instruments)) == ("lab", ["ETH-EUR", "SOL-JPY"])
    before = file.read_text()
    status, told = init(file, "--defaults")
    assert (status, file.read_text()) == (1, before)
    assert "File exists; name another file" in told


def test_an_answer_that_makes_no_topology_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    status, told = init(file, answers="lab\nBTCUSD\nann\n1\nsqlite\n")
    assert (status, file.exists()) == (1, False)
    assert "'BTCUSD' does not say what is traded for what: write BASE-QUOTE" in told
    status, told = init(file, answers="Not A Name\nBTC-USD\nann\n1\nsqlite\n")
    assert (status, file.exists()) == (1, False)
    assert "exchange: Not A Name is not a name" in told
