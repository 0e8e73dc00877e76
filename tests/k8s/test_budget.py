"""A node is drained: disruption budgets let one replica go and not the other."""

from tests.support.kubernetes import Namespace, Operator, exchange


def test_a_drain_that_would_take_the_second_replica_too_is_refused_until_the_first_is_back(
    operator: Operator, namespace: Namespace
) -> None:
    namespace.apply(exchange("dev", {"boundaries": {"btc": {"replicas": "standby"}}}))
    namespace.until_state("dev", "Ready")
    first, second = (namespace.node_of(group) for group in ("btc-a", "btc-b"))
    nodes = [each["metadata"]["name"] for each in namespace.all("nodes")]
    namespace.kubectl("cordon", *nodes)  # so that no new pod becomes ready anywhere
    try:
        drain = ("--pod-selector=bulkhead.dev/boundary=btc", "--delete-emptydir-data", "--force")
        namespace.kubectl("drain", first, *drain, "--timeout=60s")
        refused = namespace.try_kubectl("drain", second, *drain, "--timeout=2s")
        assert refused.returncode != 0
        assert "would violate the pod's disruption budget" in refused.stdout + refused.stderr
    finally:
        namespace.kubectl("uncordon", *nodes)
    namespace.until_state("dev", "Ready")
    namespace.kubectl("drain", second, *drain, "--timeout=60s")
    namespace.kubectl("uncordon", second)
    namespace.until_state("dev", "Ready")
