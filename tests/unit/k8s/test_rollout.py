"""Pods are replaced one at a time: drawn clusters, with KubeRay's part played by a few lines."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from k8s.keeping.rollout import HEAD, Group, Pod, Rollout, groups_of, next_pods, stamped

NEW, OLD = "new", "old"
GROUPS = [Group("btc-a", 1, NEW), Group("btc-b", 1, NEW), Group("views", 1, NEW), Group(HEAD, 1, NEW)]
BOUNDARIES = {"btc-a": "btc", "btc-b": "btc"}


def pod(group: str, revision: str = NEW, ready: bool = True, leaving: bool = False, name: str = "") -> Pod:
    return Pod(name or f"{group}-pod", group, revision, ready, leaving)


def test_nothing_is_replaced_where_every_pod_is_of_its_groups_template() -> None:
    assert next_pods(GROUPS, [pod(group.name) for group in GROUPS]) == Rollout()


def test_one_pod_is_replaced_at_a_time_and_the_head_last() -> None:
    pods = [pod(group.name, OLD) for group in GROUPS]
    evicted = []
    while (found := next_pods(GROUPS, pods)).evict:
        (name,) = found.evict
        evicted.append(name)
        pods = [replace(each, revision=NEW) if each.name == name else each for each in pods]
    assert evicted == ["btc-a-pod", "btc-b-pod", "views-pod", "headgroup-pod"]


def test_nothing_that_works_is_replaced_while_something_else_does_not_work() -> None:
    starting = replace(pod("btc-a", ready=False), trouble="ray: ImagePullBackOff")
    pods = [starting, pod("btc-b", OLD), pod("views", OLD), pod(HEAD, OLD)]
    assert next_pods(GROUPS, pods) == Rollout(
        waiting="pod btc-a-pod is not ready (ray: ImagePullBackOff)", stale=3
    )


def test_a_pod_of_an_earlier_template_that_does_not_work_is_replaced_at_once() -> None:
    pods = [pod("btc-a", OLD, ready=False), pod("btc-b", OLD), pod("views"), pod(HEAD)]
    assert next_pods(GROUPS, pods).evict == ("btc-a-pod",)


def test_a_pod_that_is_about_to_go_is_waited_for() -> None:
    pods = [pod("btc-a", OLD, leaving=True), pod("btc-b", OLD), pod("views"), pod(HEAD)]
    assert next_pods(GROUPS, pods) == Rollout(waiting="pod btc-a-pod is leaving", stale=2)


def test_pods_of_a_group_that_is_gone_leave_when_all_that_stands_for_them_is_there() -> None:
    before = pod("btc", OLD)
    there = [before, pod("views"), pod(HEAD)]
    assert next_pods(GROUPS, [*there, pod("btc-a")]).waiting == "group btc-b has 0 of 1 pods"
    assert next_pods(GROUPS, [*there, pod("btc-a"), pod("btc-b")]).evict == ("btc-pod",)


def test_a_templates_revision_is_the_same_for_the_same_template_only() -> None:
    def cluster(image: str) -> dict[str, object]:
        head = {
            "template": {
                "metadata": {"labels": {}},
                "spec": {"containers": [{"name": "ray", "image": image}]},
            }
        }
        worker = {
            "groupName": "btc",
            "replicas": 1,
            "template": {"spec": {"containers": [{"name": "ray", "image": "x"}]}},
        }
        return {"spec": {"headGroupSpec": head, "workerGroupSpecs": [worker]}}

    (worker, head), (worker_then, head_then) = (groups_of(stamped(cluster(image), "")) for image in "ab")
    assert worker == worker_then
    assert head != head_then
    assert groups_of(stamped(cluster("a"), "")) == [worker, head]


@given(
    st.lists(
        st.tuples(st.sampled_from([*(group.name for group in GROUPS), "gone"]), st.booleans(), st.booleans()),
        max_size=8,
    ),
)
def test_from_any_state_all_becomes_as_wanted_and_no_two_replicas_are_away_at_once(
    drawn: list[tuple[str, bool, bool]],
) -> None:
    pods = [
        pod(group, NEW if new else OLD, ready, name=f"pod-{number}")
        for number, (group, new, ready) in enumerate(drawn)
    ]
    made = len(pods)
    for _ in range(60):
        pods, made = _kuberay(pods, made)
        found = next_pods(GROUPS, pods)
        ready = {each.name for each in pods if each.ready}
        lost = {BOUNDARIES.get(each.group, each.group) for each in pods if each.name in found.evict}
        assert len(ready & set(found.evict)) <= 1
        if ready & set(found.evict) and "btc" in lost:
            others = [each for each in pods if each.group in BOUNDARIES and each.name not in found.evict]
            assert any(each.ready for each in others)
        if not found.evict and not found.waiting:
            break
        pods = [each for each in pods if each.name not in found.evict]
        if pods and found.waiting:
            pods = [replace(each, ready=True) for each in pods]
    assert {(each.group, each.revision) for each in pods} == {(group.name, NEW) for group in GROUPS}


def _kuberay(pods: list[Pod], made: int) -> tuple[list[Pod], int]:
    """It fills up a group and takes what is too much of one; of groups that are gone it knows nothing."""
    kept = [each for each in pods if each.group not in {group.name for group in GROUPS}]
    for group in GROUPS:
        inside = [each for each in pods if each.group == group.name][: group.replicas]
        while len(inside) < group.replicas:
            inside.append(pod(group.name, NEW, ready=False, name=f"pod-{made}"))
            made += 1
        kept += inside
    return kept, made
