"""What a process finds in the log of what others have sent as its shard."""

from bulkhead.log.open import open_log
from bulkhead.log.port import Log
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.published import FIRST_WORD_FRAMES_MAX, published_beyond
from bulkhead.runtime.source import Source
from bulkhead.wire.authentication import MacSealer

IDENTITY = Identity("test", b"genesis-of-tests", b"m" * 32)
BOOK = "book/2"
ORDERS = ("orders/0", "orders/1")


def _say(log: Log, source: str, events: int = 1) -> None:
    """To orders/1, each in a frame of its own."""
    sender = Source(log, IDENTITY, source, ORDERS[1], MacSealer(IDENTITY.mac_key), source)
    for _ in range(events):
        sender.send([b"an event"], 0)
    sender.poll()


def test_the_first_word_to_a_partition_is_found_and_others_words_are_not_taken_for_it() -> None:
    log = open_log("memory:first words")
    log.create_topic("orders", 2)
    _say(log, "clock/0", 2)
    assert published_beyond(log, IDENTITY, BOOK, {}, ORDERS) == ""
    _say(log, BOOK)
    assert published_beyond(log, IDENTITY, BOOK, {}, ORDERS) == ORDERS[1]
    assert published_beyond(log, IDENTITY, BOOK, {ORDERS[1]: 1}, ORDERS) == ""
    log.close()


def test_a_first_word_is_looked_for_among_the_newest_frames_only_a_later_one_among_all() -> None:
    log = open_log("memory:old words")
    log.create_topic("orders", 2)
    _say(log, BOOK, 2)
    _say(log, "clock/0", FIRST_WORD_FRAMES_MAX)
    assert published_beyond(log, IDENTITY, BOOK, {}, ORDERS) == ""
    assert published_beyond(log, IDENTITY, BOOK, {ORDERS[1]: 1}, ORDERS) == ORDERS[1]
    log.close()
