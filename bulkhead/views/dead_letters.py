"""Dead letters, numbered as they stand in their partition: frames that could not be verified, and where."""

from collections.abc import Iterator
from contextlib import closing
from typing import NamedTuple

from bulkhead.domain.messages.dead_letters import DeadLetter
from bulkhead.log.port import Log
from bulkhead.views.told import ToldReader
from bulkhead.wire.authentication import Verifier

PARTITION = "dead_letters/0"


class KeptLetter(NamedTuple):
    number: int
    """from 1, the same for everybody who reads the partition"""
    kept_by: str
    """the machine that could not verify the frame"""
    kept_at_us: int
    """its wall time, microseconds since 1970: of the last time that it was told, after a restart"""
    letter: DeadLetter


def dead_letters(log: Log, verifier: Verifier, reader_name: str) -> Iterator[KeptLetter]:
    """All there are now. `verifier` is for PARTITION: what it refuses is no letter, whoever wrote it there.

    TemporaryError, FatalError: the log's.
    """
    number = 0
    with closing(ToldReader(log, PARTITION, verifier, reader_name)) as reader:
        for told in reader.so_far():
            if isinstance(told.message, DeadLetter):
                number += 1
                yield KeptLetter(number, told.source, told.sent_at_us, told.message)
