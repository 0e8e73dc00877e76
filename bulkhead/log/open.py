"""The one place that names log adapters."""

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from bulkhead.log.administration import Administration, Wanted
from bulkhead.log.memory import MemoryLog, forget_store, named_store
from bulkhead.log.port import Access, Log
from bulkhead.log.pulsar.address import FORM as PULSAR_FORM
from bulkhead.log.pulsar.address import SECURED_FORM
from bulkhead.log.pulsar.address import parse as parse_pulsar
from bulkhead.log.sqlite.administration import SqliteAdministration
from bulkhead.log.sqlite.log import DURABILITIES, SqliteLog

ALLOWED = (
    f"sqlite:/absolute/folder, sqlite:/absolute/folder?durability=normal|full, {PULSAR_FORM}, {SECURED_FORM},"
    " memory:NAME"
)


def open_log(address: str) -> Log:
    """The log at `address`; a folder that is missing is made.

    `sqlite:` is shared by every process of one machine that opens the same folder. `durability=normal`
    (the default) survives kill -9 of any process, `full` a power loss as well. `memory:NAME` is shared by
    everything in this process that opens the same name. `pulsar:` is shared by everything that reaches the
    cluster; how durable it is, is the cluster's setting. ValueError for any other address.
    """
    pulsar = parse_pulsar(address)
    if pulsar is not None:
        # Here, because only an exchange on Pulsar should wait 0.2 s for its client, and hold its 12 MB.
        from bulkhead.log.pulsar.log import PulsarLog

        return PulsarLog(pulsar)
    parts = urlsplit(address)
    if parts.scheme == "memory" and parts.path and not (parts.query or parts.fragment):
        return MemoryLog(named_store(parts.path), address)
    if parts.scheme == "sqlite" and parts.path.startswith("/") and not (parts.netloc or parts.fragment):
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        durability = options.pop("durability", "normal")
        if not options and durability in DURABILITIES:
            return SqliteLog(parts.path, durability=durability)
    raise ValueError(f"{address!r} is no log address; allowed: {ALLOWED}")


def with_credentials(address: str, token: str, ca: str | None) -> str:
    """The address of a secured log for the party whose token is in the file `token`."""
    files = {"token": token} if ca is None else {"token": token, "ca": ca}
    return f"{address}&{urlencode(files, safe='/@')}"


def grant(address: str, accesses: Iterable[Access]) -> None:
    """Let each role do what its access says and nothing else; other roles keep what they have. Repeated, it
    changes nothing. Topics have to be there.

    A log without roles has nothing to grant: whoever reaches it may do everything.
    """
    pulsar = parse_pulsar(address)
    if pulsar is not None and pulsar.token:
        from bulkhead.log.pulsar.grants import grant as grant_on_pulsar

        grant_on_pulsar(pulsar, accesses)


def administer(address: str, wanted: Wanted) -> Administration:
    """What compares and changes a log beside its frames. ValueError: there is nothing of that kind."""
    pulsar = parse_pulsar(address)
    if pulsar is not None:
        from bulkhead.log.pulsar.administration import PulsarAdministration

        return PulsarAdministration(pulsar, wanted)
    parts = urlsplit(address)
    if parts.scheme != "sqlite":
        raise ValueError(f"{address!r}: only logs on SQLite and Pulsar have something to administer")
    durability = dict(parse_qsl(parts.query)).get("durability", "normal")
    return SqliteAdministration(Path(parts.path), wanted, durability)


def erase_log(address: str) -> None:
    """Delete everything in the log at `address`; nothing where there is none. Nobody may have it open.

    TemporaryError, FatalError: a part of it may be left, the same call goes on.
    """
    pulsar = parse_pulsar(address)
    if pulsar is not None:
        from bulkhead.log.pulsar.log import erase

        erase(pulsar)
        return
    parts = urlsplit(address)
    if parts.scheme == "memory":
        forget_store(parts.path)
    elif parts.scheme == "sqlite":
        shutil.rmtree(parts.path, ignore_errors=True)
    else:
        raise ValueError(f"{address!r} is no log address; allowed: {ALLOWED}")


def end_process(status: int) -> None:
    """End this process at once where it could not end as usual: a thread of Pulsar's client hangs, and Python
    would abort the process at its end. Returns where nothing is in the way.
    """
    attempts = sys.modules.get("bulkhead.log.pulsar.attempt")
    if attempts is not None and attempts.some_hang():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
