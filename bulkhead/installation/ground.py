"""All of an exchange but its processes: keys, log, genesis, what participants are told. Compared with what
the topology wants, and changed step by step.
"""

import hashlib
from collections.abc import Container, Iterator
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from bulkhead.errors import FatalError
from bulkhead.installation import listing, shards
from bulkhead.installation.alone import alone
from bulkhead.installation.connection import connection_text, write_connection
from bulkhead.installation.founding import (
    control_is_empty,
    founded_topology,
    genesis_record,
    identity_of,
    write_genesis,
)
from bulkhead.installation.shut_out import shut_out_participants
from bulkhead.installation.state import Installation
from bulkhead.installation.told_otherwise import Otherwise, told_otherwise
from bulkhead.log.administration import Administration, Wanted
from bulkhead.log.open import administer
from bulkhead.topology import derived
from bulkhead.topology.access import Access, accesses, participant_role
from bulkhead.topology.models import Topology
from bulkhead.topology.plan import slots
from bulkhead.topology.plan.effects import Level
from bulkhead.topology.plan.objects import ACTOR, DECIDED, Attributes, Objects, Ref
from bulkhead.topology.plan.steps import Held, Plan, Step, plan
from bulkhead.topology.plan.told import Told

CONNECTION = ("connection", "connection.json")


class Refused(FatalError):
    """The plan would lose something; nothing was changed. The text has every reason."""

    def __init__(self, refused: tuple[Held, ...]) -> None:
        super().__init__("\n".join(map(str, refused)))


class Ground:
    """Of one installation, with `with`. `reason`: the operator's words for what is decided.

    KeyMissing: the administrator's token is not there and can't be made: without it nobody can look.
    TemporaryError: the log is away.
    """

    def __init__(self, installation: Installation, reason: str = "") -> None:
        self._installation = installation
        self._reason = reason
        self._owners: tuple[int, ...] | None = None
        """by slot the risk shard that has it; None: as the topology says"""
        if installation.topology.log.secured:
            installation.tokens.ensure(derived.ADMIN)
        self._accesses: list[Access] = []
        self._log = self._administered()

    def _administered(self) -> Administration:
        installation = self._installation
        topology = installation.topology
        if topology.log.secured:
            self._accesses = accesses(topology, shut_out_participants(installation), self._owners)
        topics = {topic.name: topic.partitions for topic in derived.topics(topology)}
        return administer(installation.log_address, Wanted(topology.exchange, topics, self._accesses))

    def _know(self, told: Told | None) -> None:
        """Who has which slots, while they are on their way to what the topology says."""
        wanted = derived.slot_table(self._installation.topology.shards.risk)
        owners = None if told is None or told.risk.owners == wanted else told.risk.owners
        if owners != self._owners:
            self._owners = owners
            self._log.close()
            self._log = self._administered()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._log.close()

    def bounds(self) -> dict[str, str]:
        """The settings of the log's servers."""
        return self._log.bounds()

    def plan(
        self,
        *,
        prune: bool = False,
        closely: bool = False,
        also_wanted: Objects | None = None,
        also_live: Objects | None = None,
        refused: tuple[Held, ...] = (),
        leading: Container[Ref] = (),
    ) -> Plan:
        """What is to be done, with the objects of who has more of the exchange than this. `closely`: as the
        log is looked at.
        """
        secrets = dict(self._secrets())
        live_log = self._log.live(closely=closely)
        record = genesis_record(self._installation)
        founded = None if record is None else founded_topology(record)
        has_control = ("topic", "control") in live_log
        otherwise = Otherwise((), {}, {})
        if record is not None and has_control:
            otherwise = told_otherwise(self._installation, founded)
        self._know(otherwise.told)
        wanted = {
            **{ref: {} for ref in secrets},
            **self._log.wanted(),
            self._genesis: {},
            CONNECTION: self._connection_wanted(record),
            **(also_wanted or {}),
            **otherwise.wanted,
        }
        live: dict[Ref, Attributes] = {
            **{ref: {} for ref, there in secrets.items() if there},
            **live_log,
            **(also_live or {}),
            **otherwise.live,
        }
        if record is not None and record["written"]:
            live[self._genesis] = {}
        with suppress(FileNotFoundError):
            live[CONNECTION] = {"digest": _digest(self._installation.connection_path.read_text())}
        mine = [
            *self._secrets_refused(secrets, record is not None),
            *self._log_refused(record, live_log),
            *self._shards_refused(otherwise.told, also_live or {}),
            *refused,
        ]
        held = [*((Level.REFUSED, each) for each in mine), *otherwise.held]
        return plan(
            wanted,
            live,
            held=held,
            were_there=_topics(founded) if self._genesis in live else (),
            prune=prune,
            leading=leading,
        )

    def perform(self, step: Step) -> None:
        """Do one step. Repeated, or after an interrupted try, it completes it."""
        if step.action == "delete":
            self._log.delete(step.kind, step.name)
        elif step.kind == "key":
            self._installation.keys.make(step.name)
        elif step.kind == "token":
            self._installation.tokens.ensure(step.name)
        elif step.kind == "genesis":
            write_genesis(self._installation)
        elif step.kind in slots.KINDS:
            shards.tell(self._installation, step.ref, self._reason)
        elif step.kind in DECIDED:
            listing.tell(self._installation, step.ref, self._reason)
        elif step.kind == "connection":
            genesis_id = identity_of(self._installation).genesis_id
            write_connection(self._installation, genesis_id, self._owners)
        else:
            self._log.make(step.kind, step.name)

    @property
    def _genesis(self) -> Ref:
        return "genesis", self._installation.topology.exchange

    def _secrets(self) -> Iterator[tuple[Ref, bool]]:
        """Every file of a secret, and whether it is there."""
        installation = self._installation
        topology, keys, tokens = installation.topology, installation.keys, installation.tokens
        files = [f"{topology.keys.internal}.key", *(f"{name}.pem" for name in derived.key_names(topology))]
        for file in dict.fromkeys(files):
            yield ("key", file), keys.has(file)
        theirs = {participant_role(topology.exchange, name) for name in topology.participants}
        roles = [access.role for access in self._accesses]
        for role in [derived.ADMIN, *roles] if roles else []:
            # A participant's token belongs to the participant: outside development it is not missed.
            if topology.development or role not in theirs:
                yield ("token", role), tokens.path(role).exists()

    def _secrets_refused(self, secrets: dict[Ref, bool], founded: bool) -> Iterator[Held]:
        installation = self._installation
        internal = f"{installation.topology.keys.internal}.key"
        for (kind, name), there in secrets.items():
            if there:
                continue
            if founded and name == internal:
                why = f"{installation.directory / 'keys' / name} is missing, and seals every frame in the log"
                yield Held(f"key {name}", why, "put it back; a new one would open none of them")
            elif kind == "key" and not installation.topology.development:
                path = installation.directory / "keys" / name
                yield Held(f"key {name}", f"{path} is missing", installation.keys.advice(name))
            elif kind == "token" and not installation.tokens.can_be_made:
                path = installation.tokens.path(name)
                yield Held(f"token {name}", f"{path} is missing", installation.tokens.advice(name))

    def _log_refused(self, record: dict[str, Any] | None, live: Objects) -> Iterator[Held]:
        """A log that is another exchange's, or another log than the exchange's."""
        has_control = ("topic", "control") in live
        founded = record is not None and record["written"]
        if founded and (not has_control or control_is_empty(self._installation)):
            address = self._installation.log_address.partition("?")[0]
            yield Held(
                "log",
                f"{address} does not have what this exchange wrote when it was founded",
                "put the right log back (docs/operations.md, Backup), or its address; to lose the exchange,"
                " `bulkhead down --erase`",
            )
        elif record is None and has_control and not control_is_empty(self._installation):
            yield Held(
                "log",
                f"{self._installation.log_address} holds an exchange that was not founded in"
                f" {self._installation.directory}",
                "put that folder back, give this exchange another name or log, or, to lose what is there,"
                " `bulkhead down --erase`",
            )

    def _shards_refused(self, told: Told | None, running: Objects) -> Iterator[Held]:
        """A shard is to end, and there is no process that would give its slots away."""
        if told is None:
            return
        for family in slots.FAMILIES:
            there = family.told(told)
            for number in sorted(set(range(there.count)) - there.retired):
                name = f"{family.name}/{number}"
                if number in family.wanted(self._installation.topology).numbers or (ACTOR, name) in running:
                    continue
                yield Held(
                    family.field("retired"),
                    f"{name} is there, and does not run: nobody would give its slots away",
                    "take it out of the list, `bulkhead up`, put it back, `bulkhead topology apply`",
                )

    def _connection_wanted(self, record: dict[str, Any] | None) -> Attributes:
        if record is None:  # its genesis id will be in it
            return {}
        genesis_id = bytes.fromhex(record["genesis_id"])
        return {"digest": _digest(connection_text(self._installation, genesis_id, self._owners))}


def found(installation: Installation) -> list[str]:
    """Make all that the topology needs but its processes, as far as it is not there. Returns warnings for a
    person.

    Refused, with nothing changed: it would lose something, or a key is missing. FatalError: the store of
    snapshots holds another exchange. TemporaryError: log or store is away.
    """
    with Ground(installation) as ground:
        planned = ground.plan()
        if planned.refused:
            raise Refused(planned.refused)
        with alone(installation):
            for step in undecided(planned).steps:
                ground.perform(step)
    return warnings(installation, planned)


def undecided(planned: Plan) -> Plan:
    """Without what an operator has to decide: whoever carries this out gives no reason for it."""
    return replace(planned, steps=tuple(step for step in planned.steps if step.kind not in DECIDED))


def warnings(installation: Installation, planned: Plan) -> list[str]:
    """What the exchange will not do although its topology says so."""
    otherwise = f"{installation.file.name} says otherwise than the exchange was told"
    return [
        *(f"{otherwise}: {held}" for held in (*planned.by_command, *planned.kept)),
        *(
            f"{otherwise}: {step.kind} {step.name}: {step.why}: `bulkhead topology apply --reason ...` does"
            for step in planned.steps
            if step.kind in DECIDED
        ),
    ]


def _topics(founded: Topology | None) -> set[Ref]:
    """Those that were all there when the genesis was written."""
    return set() if founded is None else {("topic", topic.name) for topic in derived.topics(founded)}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
