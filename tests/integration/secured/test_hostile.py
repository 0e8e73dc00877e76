"""A participant who may write orders and writes something else: nothing changes, and the others trade on."""

from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pulsar
import pytest

from bulkhead.client import Client
from bulkhead.client.connection import Connection
from bulkhead.domain.messages.control import Deposit, RevokeKey, Tick
from bulkhead.domain.messages.participant import OpenSession, PlaceOrder
from bulkhead.domain.messages.reports import OrderAccepted, OrderFilled, OrderRejected
from bulkhead.domain.messages.settlement import DepositSettled
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Side, TimeInForce
from bulkhead.log.pulsar.address import parse
from bulkhead.log.pulsar.credentials import Credentials
from bulkhead.runtime.source import Source
from bulkhead.topology.access import participant_role
from bulkhead.wire.authentication import MacSealer, SignatureSealer
from bulkhead.wire.codec import encode
from bulkhead.wire.frame import read_frame, signer_source
from tests.support.running import next_report
from tests.support.secured import SecuredExchange, secured_exchange

pytestmark = pytest.mark.pulsar

ALICE_AND_BOB = "orders/1"
CAROL = "orders/0"


def order(account_id: str, client_order_id: str = "x") -> PlaceOrder:
    return PlaceOrder(
        account_id,
        client_order_id,
        "BTC-USD",
        Side.BUY,
        OrderType.LIMIT,
        TimeInForce.GTC,
        False,
        100,
        None,
        100,
    )


def key_of(exchange: SecuredExchange, participant_id: str) -> Any:
    return Connection.load(exchange.installation.connection_path).private_key(participant_id)


def source_of(key: Any, epoch: int = 1 << 62) -> str:
    return signer_source(key.public_key().public_bytes_raw(), epoch)


def frame(exchange: SecuredExchange, source: str, sealer: Any, *messages: Any) -> bytes:
    """A frame for the partition of alice and bob, as anybody can build it who knows the public facts."""
    with closing(exchange.participant_log("alice")) as log:
        made = Source(log, exchange.identity, source, ALICE_AND_BOB, sealer, "alice")
        return made.frame([encode(message) for message in messages], 0)


def write_as_alice(exchange: SecuredExchange, frames: Iterable[bytes]) -> None:
    write_as(exchange, "alice", frames)


def write_as(exchange: SecuredExchange, participant_id: str, frames: Iterable[bytes]) -> None:
    """Into the only partition that the broker lets the participant write to."""
    with closing(exchange.participant_log(participant_id)) as log:
        writer = log.writer(f"ingress.{participant_id}/0", participant_id)
        for number, each in enumerate(frames, 1):
            writer.send(each, number)
        while writer.pending():
            writer.poll(1.0)
    exchange.settle()


def recorded(exchange: SecuredExchange, partition: str) -> list[bytes]:
    """Every frame of a partition; nobody but an administrator and its shard can read it."""
    with closing(exchange.log_of("admin")) as log:
        reader, found = log.reader(partition, "test"), []
        while records := reader.receive(1 << 20, 0.0):
            found += [record.frame for record in records]
        return found


def states(exchange: SecuredExchange) -> dict[str, Any]:
    """What every machine knows, its numbers of inputs and outputs apart, and how far gateways are."""
    machines = [shard.machine for shard in exchange.shards if not shard.machine.name.startswith("ingress/")]
    return {machine.name: machine.domain.state() for machine in machines}  # type: ignore[attr-defined]  # the reference engine's


def dead_letters_of(exchange: SecuredExchange, send: Callable[[], None]) -> list[Reason]:
    before = len(exchange.dead_letters())
    send()
    return [letter.reason for letter in exchange.dead_letters()[before:]]


def sells(seller: Client, buyer: Client) -> None:
    seller.place(f"{seller.participant_id}.main", "BTC-USD", "sell", "0.1", "200")
    next_report(seller, OrderAccepted)
    buyer.place(f"{buyer.participant_id}.main", "BTC-USD", "buy", "0.1", "200")
    assert next_report(buyer, OrderFilled).leaves == 0
    assert next_report(seller, OrderFilled).leaves == 0


def test_an_order_under_another_s_name_fails_on_the_signature_and_for_another_s_account_is_refused(
    secured: SecuredExchange,
) -> None:
    alice, bob = key_of(secured, "alice"), key_of(secured, "bob")
    forged = frame(secured, source_of(bob), SignatureSealer(alice), OpenSession(), order("bob.main"))
    before = states(secured)
    assert dead_letters_of(secured, lambda: write_as_alice(secured, [forged])) == [Reason.FRAME_UNVERIFIED]
    assert states(secured) == before
    with secured.connect("alice") as client:
        client.submit([order("bob.main")])
        told = next_report(client, (OrderAccepted, OrderRejected)).message
        assert (type(told), told.reason) == (OrderRejected, Reason.ACCOUNT_UNKNOWN)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("clock/0", Tick(1 << 40, 1 << 50)),
        ("gateway/clock.1", Tick(1 << 40, 1 << 50)),
        ("book/0", OpenSession()),
        ("settlement/1", DepositSettled("alice.main", "USD", 10**9)),
        ("control/0", RevokeKey(bytes(32), "a lie")),
        ("genesis", Deposit("alice.main", "USD", 10**9)),
        ("risk/0", OpenSession()),
        ("view-0/0", OpenSession()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_frame_that_names_an_internal_source_changes_nothing(
    secured: SecuredExchange, source: str, message: Any
) -> None:
    alice = key_of(secured, "alice")
    frames = [
        frame(secured, source, sealer, message)
        for sealer in (MacSealer(b"a guess, of the size of the key."), SignatureSealer(alice))
    ]
    before = states(secured)
    reasons = dead_letters_of(secured, lambda: write_as_alice(secured, frames))
    assert reasons == [Reason.FRAME_UNVERIFIED] * 2
    assert states(secured) == before


def test_a_frame_captured_on_another_exchange_or_partition_is_refused(
    secured: SecuredExchange, tmp_path: Path
) -> None:
    with secured_exchange(secured.broker, tmp_path, "other") as other, other.connect("alice"):
        elsewhere = recorded(other, ALICE_AND_BOB)
    with secured.connect("carol") as carol, secured.connect("bob") as bob:
        sells(carol, bob)
    captured = [*elsewhere[-3:], recorded(secured, CAROL)[-1], recorded(secured, "books/0")[-1]]
    before = states(secured)
    reasons = dead_letters_of(secured, lambda: write_as_alice(secured, captured))
    assert reasons == [Reason.FRAME_FOREIGN] * len(captured)
    assert states(secured) == before


def test_replayed_frames_fail_on_the_sequence_and_those_of_shards_go_no_further_than_the_gateway(
    secured: SecuredExchange,
) -> None:
    with secured.connect("carol") as carol, secured.connect("bob") as bob:
        sells(carol, bob)
        forged = {letter.frame for letter in secured.dead_letters()}
        honest = [each for each in recorded(secured, ALICE_AND_BOB) if each not in forged]
        internal = [each for each in honest if read_frame(each).signer is None]
        of_bob = [each for each in honest if read_frame(each).source.endswith(f"/{bob.session.epoch}")]
        assert internal
        assert len(of_bob) > 1
        before = states(secured)
        assert dead_letters_of(secured, lambda: write_as_alice(secured, internal[-20:])) == (
            [Reason.SOURCE_FORBIDDEN] * len(internal[-20:])
        )
        # Not her key, so not from her topic; from his they reach risk, which has seen them.
        assert dead_letters_of(secured, lambda: write_as_alice(secured, of_bob)) == (
            [Reason.KEY_UNKNOWN] * len(of_bob)
        )
        assert dead_letters_of(secured, lambda: write_as(secured, "bob", of_bob)) == []
        assert states(secured) == before
        sells(carol, bob)


def test_another_s_producer_name_and_huge_numbers_silence_nobody(secured: SecuredExchange) -> None:
    """The broker would drop what a name has sent before, and let a name be used once: not here."""
    role = participant_role(secured.topology.exchange, "alice")
    address = parse(secured.installation.log_address_of(role))
    assert address is not None
    key = key_of(secured, "bob").public_key().public_bytes_raw().hex()[:16]
    names = [f"bob/{key}", "book/0/a", "settlement/1/a", "clock/0/a", "control/0/a"]
    client = pulsar.Client(address.service_url, **Credentials(address).client_options())
    with closing(client), secured.connect("carol") as carol:
        held = [
            client.create_producer(address.partition("ingress.alice", 0), producer_name=name)
            for name in names
        ]
        for producer in held:
            producer.send(b"garbage", sequence_id=2**62)
        with secured.connect("bob") as bob:
            sells(carol, bob)
            sells(bob, carol)
        for producer in held:
            producer.close()


def test_garbage_of_one_is_counted_and_the_others_trade(secured: SecuredExchange) -> None:
    garbage = [bytes([number]) * 100 for number in range(200)]
    with secured.connect("carol") as carol, secured.connect("bob") as bob:
        reasons = dead_letters_of(secured, lambda: write_as_alice(secured, garbage))
        assert reasons == [Reason.FRAME_MALFORMED] * len(garbage)
        sells(bob, carol)
