"""Writes down for participants what they must know of an exchange (client/connection.py reads it)."""

import os
from collections.abc import Mapping, Sequence

from bulkhead.client.connection import Asset, Connection, Instrument, Participant
from bulkhead.files import write_private
from bulkhead.installation.state import Installation
from bulkhead.topology import derived
from bulkhead.topology.access import participant_role
from bulkhead.topology.models import Topology

CA_FILE = "ca.pem"
"""A copy of what the topology's log.ca names, beside connection.json."""


def write_connection(
    installation: Installation, genesis_id: bytes, owners: Sequence[int] | None = None
) -> None:
    """Write connection.json of a founded exchange, and beside it what it names and is public. `owners`: by
    slot the risk shard that has it, where the topology does not say that.
    """
    topology = installation.topology
    if topology.log.secured and topology.log.ca is not None:
        authority = (installation.file.parent / topology.log.ca).read_bytes()
        write_private(installation.directory / CA_FILE, authority)
    text = connection_text(installation, genesis_id, owners)
    write_private(installation.connection_path, text.encode())


def connection_text(
    installation: Installation, genesis_id: bytes, owners: Sequence[int] | None = None
) -> str:
    """What connection.json should say; `owners` as above."""
    topology = installation.topology
    if not topology.log.secured:
        connection = describe(topology, installation.log_address, genesis_id, owners=owners)
    else:
        tokens = {
            name: os.path.relpath(
                installation.tokens.path(participant_role(topology.exchange, name)), installation.directory
            )
            for name in topology.participants
        }
        connection = describe(topology, derived.public_log_address(topology), genesis_id, tokens, owners)
    return connection.model_dump_json(indent=2, exclude_none=True)


def describe(
    topology: Topology,
    log_address: str,
    genesis_id: bytes,
    tokens: Mapping[str, str] | None = None,
    owners: Sequence[int] | None = None,
) -> Connection:
    """The connection facts of a running exchange. `up` calls this; the key NAME is expected in
    keys/NAME.pem. `tokens`: where the log is secured, the file of each participant's token, relative to
    connection.json. `owners`: as above.
    """
    tokens = tokens or {}
    risk_shards = derived.slot_table(topology.shards.risk) if owners is None else owners
    return Connection(
        exchange_id=topology.exchange,
        genesis_id=genesis_id.hex(),
        log=log_address,
        ca=CA_FILE if topology.log.ca is not None else None,
        assets={name: Asset(decimals=asset.decimals) for name, asset in topology.assets.items()},
        instruments={
            terms.instrument_id: Instrument(
                base=terms.base_asset_id,
                quote=terms.quote_asset_id,
                market_data=f"market_data/{terms.book}",
                tick=terms.tick,
                lot=terms.lot,
                **{
                    name: format(getattr(topology.instruments[terms.instrument_id], name), "f")
                    for name in (
                        "price_increment",
                        "price_min",
                        "price_max",
                        "quantity_increment",
                        "quantity_min",
                        "quantity_max",
                    )
                },
            )
            for terms in derived.instrument_terms(topology)
        },
        participants={
            participant_id: Participant(
                orders=f"orders/{risk_shards[derived.slot_of(participant_id)]}",
                ingress=f"{derived.ingress_topic(participant_id)}/0" if topology.has_gateways else None,
                reports=f"reports.{participant_id}/0",
                accounts=participant.account_ids,
                keys={name: f"keys/{name}.pem" for name in participant.keys},
                token=tokens.get(participant_id),
            )
            for participant_id, participant in topology.participants.items()
        },
    )
