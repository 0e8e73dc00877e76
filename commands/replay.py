"""`bulkhead replay`: derive a shard's state again from its partition, from the first frame on."""

import json
from functools import partial
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import track

from bulkhead.errors import FatalError
from bulkhead.installation.founding import identity_of
from bulkhead.log.open import open_log
from bulkhead.log.port import Log
from bulkhead.machines.factory import input_partition, make_machine
from bulkhead.machines.interface import Machine, MachineRaised
from bulkhead.runtime.decisions import decided
from bulkhead.runtime.derivation import derive
from bulkhead.runtime.identity import Identity
from bulkhead.topology import derived
from bulkhead.wire.authentication import Verifier
from commands.engine import EngineOption, engine_or_stop
from commands.opened import open_installation
from commands.topology import TopologyOption

RECEIVE_BYTES_MAX = 1 << 20


def replay(
    shards: Annotated[
        list[str] | None, typer.Argument(help="Such as book/0. Default: all that have a machine.")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            help="A position (hexadecimal): stop after its frame. With one shard.", show_default=False
        ),
    ] = None,
    engine: EngineOption = None,
    topology: TopologyOption = None,
) -> None:
    """Replay recorded partitions on fresh machines; one JSON object per shard with its digests.

    A digest is equal to that of any replica at the same position: `bulkhead status`, a demo's summary, or a
    replay of a copy of the log. Needs no running exchange.
    """
    console = Console(stderr=True)
    machine_of = partial(make_machine, engine=engine_or_stop(engine))
    installation = open_installation(topology)
    known = [shard.name for shard in derived.shards(installation.topology) if shard.speaks]
    unknown = [name for name in shards or [] if name not in known]
    if unknown:
        console.print(f"[red]no such shard: {', '.join(unknown)}[/red]; there are {', '.join(known)}")
        raise typer.Exit(2)
    if until is not None and len(shards or []) != 1:
        console.print("[red]--until is a position in one partition: name one shard[/red]")
        raise typer.Exit(2)
    log = open_log(installation.log_address)
    try:
        identity = identity_of(installation)
        position = bytes.fromhex(until) if until is not None else None
        for name in track(shards or known, description="replaying", console=console, transient=True):
            print(json.dumps(replay_shard(log, identity, machine_of(name), position)), flush=True)
    except (FatalError, FileNotFoundError, ValueError, MachineRaised) as problem:
        why = f": {problem.__cause__!r}" if isinstance(problem, MachineRaised) else ""
        console.print(f"[red]{problem}{escape(why)}[/red]")
        raise typer.Exit(1) from problem
    finally:
        log.close()


def replay_shard(log: Log, identity: Identity, machine: Machine, until: bytes | None) -> dict[str, Any]:
    """Have a new machine apply its partition from the beginning, up to and including position `until`."""
    name = machine.name
    partition = input_partition(name)
    verifier = Verifier(identity.exchange_id, identity.genesis_id, partition, identity.mac_key)
    reader = log.reader(partition, f"replay/{name}")
    known = decided(log, identity, name)
    frames, last = 0, b""
    while last != until and (records := reader.receive(RECEIVE_BYTES_MAX, 0.0)):
        for last, _ in derive(machine, verifier, records, known):
            frames += 1
            if last == until:
                break
    if until is not None and last != until:
        raise ValueError(f"{partition} has no frame at position {until.hex()}")
    streams = machine.streams()
    return {
        "shard": name,
        "position": last.hex(),
        "frames": frames,
        "events": machine.events_applied,
        "digest": machine.digest().hex(),
        "outputs": {
            destination: {"sequence": sequence, "digest": digest}
            for destination, (sequence, digest) in streams.outputs.items()
        },
    }
