"""The shipped topology, with as many participants as asked for, on a Pulsar broker."""

from typing import Any

import yaml

from bench.exchange import TOPOLOGY

ACCOUNTS = 4
"""Of each participant."""
COMMANDS_IN_FLIGHT_MAX = 100_000
"""Of a participant and of an instrument: more than the load ever has unanswered, since a refusal is cheaper
than an order.
"""


def names(participants: int) -> list[str]:
    """Of so many participants. The hashes of flow0 to flow3 put two of the four on each risk shard."""
    digits = len(str(participants - 1))
    return [f"flow{number:0{digits}d}" for number in range(participants)]


def on_broker(values: dict[str, Any], service_url: str, admin_url: str) -> None:
    """Put the exchange of a topology's values on a broker."""
    values["log"] = {"adapter": "pulsar", "service_url": service_url, "admin_url": admin_url}
    values["snapshots"].pop("directory", None)


def generated(exchange: str, participants: int, service_url: str, admin_url: str) -> str:
    """The text of a topology file."""
    values: dict[str, Any] = yaml.safe_load(TOPOLOGY.read_text())
    values["exchange"] = exchange
    on_broker(values, service_url, admin_url)
    values["shards"]["risk"]["commands_in_flight_max"] = COMMANDS_IN_FLIGHT_MAX
    values["participants"] = {
        name: {
            "keys": [name],
            "accounts": {"prefix": f"{name}.", "count": ACCOUNTS},
            "balances": {"USD": "1000000000", "BTC": "10000"},
            "limits": {
                "open_orders_max": 1_000_000,
                "commands_in_flight_max": COMMANDS_IN_FLIGHT_MAX,
            },
        }
        for name in names(participants)
    }
    return yaml.safe_dump(values, sort_keys=False)
