"""What is wrong with an Exchange, and seen by the API server itself: by rules in the words of `validate`."""

from typing import Any

from bulkhead.topology.problems import TopologyError
from k8s.crd import topology_of

SEEN_BY_RULES: dict[str, dict[str, Any]] = {
    "an asset for itself": {"instruments": {"BTC-USD": {"quote": "BTC"}}},
    "pro rata with price-time": {"instruments": {"BTC-USD": {"pro_rata": {"top_order": True}}}},
    "bands without a band": {"instruments": {"BTC-USD": {"bands": {}}}},
    "two engines and one replica": {"boundaries": {"btc": {"engines": ["native", "reference"]}}},
    "a view of nothing": {"shards": {"views": [{}]}},
    "TLS of one address": {"log": {"admin_url": "https://pulsar.invalid:8443"}},
    "a certificate without TLS": {"log": {"ca": "ca.crt"}},
    "funds in production": {"development": False},
}
"""what is changed of the shipped topology"""
SEEN_BY_VALIDATE_ALONE: dict[str, Any] = {"instruments": {"BTC-USD": {"price_min": "0.0000001"}}}


def first_problem(exchange: dict[str, Any]) -> str:
    """What `validate` says first of it, without what to do. Raises where it finds nothing."""
    try:
        topology_of(exchange)
    except TopologyError as error:
        return error.problems[0].problem
    raise AssertionError("validate finds nothing wrong with it")
