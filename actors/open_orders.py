"""How many orders an instrument has that a topology no longer lists: said where that is refused."""

from dataclasses import replace

from bulkhead.errors import FatalError
from bulkhead.installation.founding import founded_topology, genesis_record, identity_of
from bulkhead.installation.shards import told_now
from bulkhead.installation.state import Installation
from bulkhead.log.open import open_log
from bulkhead.repair.held import held as held_by_orders
from bulkhead.snapshots.open import open_snapshots
from bulkhead.topology.models import Topology
from bulkhead.topology.plan.steps import Held

PREFIX = "instruments."


def with_open_orders(installation: Installation, refused: tuple[Held, ...]) -> tuple[Held, ...]:
    """What is refused, of instruments that are gone with the number of their open orders."""
    if not any(each.subject.startswith(PREFIX) for each in refused):
        return refused
    record = genesis_record(installation)
    founded = None if record is None else founded_topology(record)
    return refused if founded is None else tuple(_counted(installation, founded, each) for each in refused)


def _counted(installation: Installation, founded: Topology, refused: Held) -> Held:
    instrument_id = refused.subject.removeprefix(PREFIX)
    gone = refused.subject.startswith(PREFIX) and instrument_id in founded.instruments
    if not gone or instrument_id in installation.topology.instruments:
        return refused
    log, snapshots = open_log(installation.log_address), open_snapshots(installation.snapshots_address)
    try:
        told = told_now(installation)
        there = sorted(set(range(told.risk.count)) - told.risk.retired)
        risks = [f"risk/{number}" for number in there]
        orders = held_by_orders(log, identity_of(installation), snapshots, risks, instrument_id).orders
    except FatalError as problem:
        return replace(refused, why=f"{refused.why}; how many orders it has is not known: {problem}")
    finally:
        log.close()
        snapshots.close()
    return replace(refused, why=f"{refused.why}, and has {orders} open order{'' if orders == 1 else 's'}")
