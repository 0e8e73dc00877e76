"""A key is revoked while everybody trades: its participant is cut off, at the exchange and at the broker."""

from contextlib import closing, suppress

import pytest

from bulkhead.client import Client
from bulkhead.domain.messages.reports import OrderAccepted, OrderFilled
from bulkhead.domain.reasons import Reason
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.installation.ground import found
from bulkhead.installation.revocation import revoke
from bulkhead.installation.shut_out import revoked_keys, shut_out_participants
from tests.support.running import next_report, until
from tests.support.secured import SecuredExchange

pytestmark = pytest.mark.pulsar


def test_a_key_is_revoked_while_trading_and_the_others_do_not_notice(secured: SecuredExchange) -> None:
    installation = secured.installation
    alice = secured.connect("alice")
    with secured.connect("bob") as bob, secured.connect("carol") as carol:
        alice.place("alice.main", "BTC-USD", "buy", "0.1", "200")
        next_report(alice, OrderAccepted)
        assert secured.while_running(lambda: revoke(installation, "alice", "stolen")) is None
        with pytest.raises(FatalError, match="AuthorizationError"):
            until("her connection is ended", lambda: _place(alice))
        with pytest.raises(FatalError, match="AuthorizationError"):
            alice.close()
        # Her order stays, and trades.
        bob.place("bob.main", "BTC-USD", "sell", "0.1", "200")
        assert next_report(bob, OrderFilled).leaves == 0
        bob.place("bob.main", "BTC-USD", "buy", "0.1", "100")
        next_report(bob, OrderAccepted)
        carol.place("carol.main", "BTC-USD", "sell", "0.1", "100")
        assert next_report(carol, OrderFilled).leaves == 0
        again = secured.while_running(lambda: revoke(installation, "alice", "again"))
        assert again is Reason.KEY_UNKNOWN
    assert shut_out_participants(installation) == {"alice"}
    assert revoked_keys(installation)["alice"]["reason"] == "stolen"
    found(installation)  # as the next `up` does
    with closing(secured.participant_log("alice")) as log:
        writer, reader = log.writer("ingress.alice/0", "alice"), log.reader("reports.alice/0", "alice")
        writer.send(b"frame", 1)
        with pytest.raises(FatalError, match="AuthorizationError"):
            until("an answer", lambda: writer.poll(1.0))
        with pytest.raises(FatalError, match="AuthorizationError"):
            until("an answer", lambda: reader.receive(1000, 1.0))


def _place(client: Client) -> None:
    client.place("alice.main", "BTC-USD", "buy", "0.1", "1")
    with suppress(TemporaryError):  # the broker has ended the connection and has not said why yet
        client.flush(1.0)
