"""What some participants do that they should not."""

import random

from bulkhead.domain.messages.control import Tick
from bulkhead.domain.messages.participant import CancelOrder
from bulkhead.simulation.participants import Participant
from bulkhead.simulation.setting import IDENTITY
from bulkhead.wire.authentication import MacSealer, SignatureSealer
from bulkhead.wire.codec import encode
from bulkhead.wire.frame import authenticated_bytes, join_events, signer_source

FORGED_NUMBER_MAX = 10_000
"""Most are beyond what the shard that is imitated has said: whoever believed one would miss something."""
FLOOD_FRAMES_MAX = 60
"""three seconds of noise, and half a minute of the slowest participant's own frames, beside four others"""


def resend_some(who: Participant, chance: random.Random) -> None:
    """Events that were sent, again, cut otherwise."""
    who.resend(chance.randrange(len(who.events)), chance.randint(1, 5))


def skip(who: Participant, chance: random.Random) -> None:
    """An event beyond the next number: a gap."""
    _say(who, len(who.events) + 1, "beyond a gap")


def say_otherwise(who: Participant, chance: random.Random) -> None:
    """Another event under a number that was used."""
    _say(who, chance.randrange(len(who.events)), "otherwise")


def _say(who: Participant, last: int, client_order_id: str) -> None:
    source = who.source_from(last)
    source.send([encode(CancelOrder(who.accounts[0], client_order_id))], 0)
    who.push(source)


def linger(who: Participant, chance: random.Random) -> None:
    """A second program of the participant opens a session, and the first goes on with its own."""
    fenced, events = who.source_from(1), who.events[1 : 1 + chance.randint(1, 4)]
    who.open()
    fenced.send(events, 0)
    who.push(fenced)


def forge(who: Participant, chance: random.Random) -> None:
    """A frame in the name of a shard, or of somebody else, or for another exchange."""
    partition = chance.choice((who.partition, who.partition, "books/0", "settlement/0", "control/0"))
    written = who.written if partition == who.partition else partition
    authenticated = authenticated_bytes(
        IDENTITY.exchange_id,
        chance.choice((IDENTITY.genesis_id, b"another exchange")),
        chance.choice(("clock/0", "risk/0", "book/0", "genesis", signer_source(b"k" * 32, 1))),
        partition,
        chance.randint(1, FORGED_NUMBER_MAX),
        0,
        0,
        1,
        join_events([encode(Tick(10**6, 1))]),
    )
    sealer = chance.choice((MacSealer(chance.randbytes(32)), SignatureSealer(who.key)))
    _write(who, written, sealer.seal(authenticated))


def spoil(who: Participant, chance: random.Random) -> None:
    """Noise, or a frame that was captured: as it was, with a bit flipped, or where it does not belong."""
    ways_in = _ways_in(who)
    partition = chance.choice((who.written, "books/0", "settlement/1", "market_data/0", "clock/0", *ways_in))
    records = who.network.partition(partition).records
    if not records or chance.random() < 0.2:
        _write(who, partition, chance.randbytes(chance.choice((0, 30, 200))))
        return
    captured = bytearray(chance.choice(records).frame)
    how = chance.choice(("flip", "replay", "move"))
    if how == "flip" and captured:
        captured[chance.randrange(len(captured))] ^= 1 << chance.randrange(8)
    elif how == "move":
        partition = chance.choice(("orders/0", "orders/1", "books/1", "settlement/0", *ways_in))
    _write(who, partition, bytes(captured))


def flood(who: Participant, chance: random.Random) -> None:
    """More at once than it may send in a while; of that every second is noise."""
    for number in range(chance.randint(20, FLOOD_FRAMES_MAX)):
        if number % 2:
            _write(who, who.written, chance.randbytes(100))
        else:
            who.send([encode(CancelOrder(who.accounts[0], "flood"))])


def borrow(who: Participant, chance: random.Random) -> None:
    """A frame that somebody has signed and written to their own topic, in this one's."""
    records = who.network.partition(chance.choice(_ways_in(who))).records
    if records:
        _write(who, who.written, chance.choice(records).frame)


def _ways_in(who: Participant) -> list[str]:
    """Everybody's topics, where there are gateways."""
    topics = sorted(who.network.log.topics())
    return [f"{topic}/0" for topic in topics if topic.startswith("ingress.")]


def _write(who: Participant, partition: str, frame: bytes) -> None:
    if partition in who.network.refusing:
        return
    who.network.append_strange(partition, frame)


MISCHIEF = {
    "resend": resend_some,
    "skip": skip,
    "otherwise": say_otherwise,
    "linger": linger,
    "forge": forge,
    "spoil": spoil,
    "flood": flood,
    "borrow": borrow,
}
