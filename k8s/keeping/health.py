"""What an exchange tells of its shards, where the operator reaches the pod that founds it."""

import json
from urllib.error import URLError
from urllib.request import urlopen

from k8s.names import STATUS_PORT

TIMEOUT_S = 2.0
"""It answers from what it knows. It is asked in every round, and a round must not wait long for it."""


def missing_of(namespace: str, name: str) -> dict[str, str] | None:
    """Of an Exchange: what of it does not trade and what it does instead; None: nobody tells."""
    return missing_at(f"http://{name}-status.{namespace}.svc:{STATUS_PORT}/status")


def missing_at(url: str) -> dict[str, str] | None:
    """As `missing_of`, of who answers there."""
    try:
        with urlopen(url, timeout=TIMEOUT_S) as answer:
            missing = json.load(answer)["missing"]
            return {str(each): str(what) for each, what in missing.items()}
    except (URLError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # its pods' own readiness says enough
