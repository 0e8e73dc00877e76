"""An exchange on Pulsar is changed under load: nothing is lost, and all of it can be replayed."""

from pathlib import Path

import pytest

from bulkhead.topology.load import load
from chaos.changes import changes_of
from tests.support.running import SHIPPED, run

TIMEOUT_S = 900.0
"""Two and a half minutes on two free cores."""

pytestmark = pytest.mark.pulsar


def test_an_exchange_is_changed_while_it_trades_and_its_whole_log_comes_to_the_same_states(
    tmp_path: Path,
) -> None:
    where = ("--log", "pulsar", "--seed", "4", "--folder", tmp_path / "chaos", "--topology", SHIPPED)
    done = run("chaos", "--changes", "--json", *where, cwd=Path("/"), timeout_s=TIMEOUT_S)
    assert done.status == 0, done.stdout + done.stderr
    found = done.json
    assert found["problems"] == []
    assert [each["name"] for each in found["changes"]] == [each.name for each in changes_of(load(SHIPPED))]
    assert all(found[fault] == 0 for fault in ("lost", "doubled", "misordered", "contradicted"))
    assert found["checker"]["subjects"]["orders"]["checked"] > found["commands"]  # and the sessions
    assert found["trades"] > 0
    assert found["replayed"] >= 10
    assert found["path"]["log"] == "pulsar"
