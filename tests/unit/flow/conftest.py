"""The recording, read once."""

import pytest

from bulkhead.flow import bitstamp
from bulkhead.flow.recording import Recording


@pytest.fixture(scope="session")
def recording() -> Recording:
    return bitstamp.load()
