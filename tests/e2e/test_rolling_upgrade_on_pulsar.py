"""A newer build is put in the place of an older one while an exchange trades on a Pulsar broker."""

from pathlib import Path

import pytest

from tests.e2e.test_rolling_upgrade import SMALL, of_the_older_build, there_and_back
from tests.support.old_build import Installed
from tests.support.pulsar import Broker

pytestmark = pytest.mark.pulsar


def test_one_command_puts_it_in_place_and_one_goes_back(pulsar_broker: Broker, tmp_path: Path) -> None:
    (tmp_path / "build").mkdir()
    installed = Installed(tmp_path / "build")
    changes = {**SMALL, "exchange": "rolled", "log": pulsar_broker.topology}
    with of_the_older_build(installed, tmp_path / "exchange", changes) as exchange:
        there_and_back(exchange, installed)
