"""The plan as a pure function: what it does to a model of what is live, and what it will not do."""

from hypothesis import given
from hypothesis import strategies as st

from bulkhead.topology.plan.effects import Level
from bulkhead.topology.plan.objects import KINDS, RUNNING, Attributes, Ref
from bulkhead.topology.plan.steps import LOST, Held, Plan, advance, plan

NAMES = st.sampled_from(["book/0", "book/0.b", "risk/1"])
VALUES = st.one_of(st.booleans(), st.integers(0, 2), NAMES, st.lists(NAMES, max_size=3).map(tuple))
ATTRIBUTES = st.dictionaries(st.sampled_from(["label", "may", "version"]), VALUES, max_size=3)
WORLDS = st.dictionaries(st.tuples(st.sampled_from(KINDS), NAMES), ATTRIBUTES, max_size=12)
World = dict[Ref, Attributes]
ACTORS: set[Ref] = {("actor", name) for name in ("book/0", "book/0.b", "risk/1")}


def applied(planned: Plan, live: World) -> World:
    for step in planned.steps:
        live = advance(live, step)
    return live


@given(WORLDS, WORLDS)
def test_what_is_live_afterwards_is_what_is_wanted_and_then_there_is_nothing_to_do(
    wanted: World, live: World
) -> None:
    after = applied(plan(wanted, live, prune=True), live)
    assert after == wanted
    assert plan(wanted, after, prune=True) == Plan()


@given(WORLDS, WORLDS)
def test_without_prune_only_processes_are_ended_and_what_is_left_is_named(wanted: World, live: World) -> None:
    planned = plan(wanted, live)
    after = applied(planned, live)
    deleted = {step.kind for step in planned.steps if step.action == "delete"}
    assert deleted <= set(RUNNING)  # processes hold nothing
    assert set(after) - set(wanted) == {tuple(left.split()) for left in planned.left}
    assert plan(wanted, after).empty


@given(WORLDS, WORLDS, st.data())
def test_killed_after_any_step_the_next_plan_is_the_rest(
    wanted: World, live: World, data: st.DataObject
) -> None:
    whole = plan(wanted, live, prune=True).steps
    count = data.draw(st.integers(0, len(whole)))
    after = applied(Plan(whole[:count]), live)
    assert plan(wanted, after, prune=True).steps == whole[count:]


@given(WORLDS, WORLDS)
def test_what_others_need_is_made_before_them_and_deleted_after_them(wanted: World, live: World) -> None:
    steps = plan(wanted, live, prune=True).steps
    made = [KINDS.index(step.kind) for step in steps if step.action != "delete"]
    gone = [KINDS.index(step.kind) for step in steps if step.action == "delete"]
    assert made == sorted(made)
    assert gone == sorted(gone, reverse=True)
    assert [step.action == "delete" for step in steps] == sorted(step.action == "delete" for step in steps)


@given(WORLDS, WORLDS)
def test_only_replacing_or_ending_a_process_or_moving_slots_interrupts_anything(
    wanted: World, live: World
) -> None:
    for step in plan(wanted, live, prune=True, leading=ACTORS).steps:
        of_processes = step.kind == "actor" and step.action in ("replace", "delete")
        moves = step.kind == "slots" and step.action == "change"
        assert bool(step.interrupts) == (of_processes or moves or step.action == "replace")
        assert step.action != "replace" or step.kind in ("exchange", "actor")


def steps_of(wanted: World, live: World, *leading: str) -> list[tuple[str, str, str]]:
    planned = plan(wanted, live, leading={("actor", name) for name in leading})
    return [(step.action, step.name, step.interrupts) for step in planned.steps]


BOOK, SECOND = ("actor", "book/0"), ("actor", "book/0.b")
ALONE: World = {BOOK: {"replicas": "none", "engine": "native"}}
PAIR: World = {name: {"replicas": "standby", "engine": "native"} for name in (BOOK, SECOND)}
OTHER: World = {name: {"replicas": "standby", "engine": "reference"} for name in (BOOK, SECOND)}


def test_a_second_process_is_added_and_taken_away_without_touching_the_first() -> None:
    assert steps_of(PAIR, ALONE, "book/0") == [("change", "book/0", ""), ("create", "book/0.b", "")]
    assert steps_of(ALONE, PAIR, "book/0") == [("change", "book/0", ""), ("delete", "book/0.b", "")]
    *_, (action, name, interrupts) = steps_of(ALONE, PAIR, "book/0.b")
    assert (action, name, "hand-over" in interrupts) == ("delete", "book/0.b", True)


def test_of_a_shard_with_a_standby_who_follows_is_replaced_first_and_the_other_hands_over() -> None:
    for leader, follower in (("book/0", "book/0.b"), ("book/0.b", "book/0")):
        (_, first, nothing), (_, second, interrupts) = steps_of(OTHER, PAIR, leader)
        assert (first, nothing, second) == (follower, "", leader)
        assert "its instruments, for a hand-over" in interrupts


def test_what_is_added_is_there_before_another_process_of_the_shard_is_replaced() -> None:
    assert [step[:2] for step in steps_of(OTHER, ALONE, "book/0")] == [
        ("create", "book/0.b"),
        ("replace", "book/0"),
    ]


def test_without_a_standby_a_replaced_process_interrupts_its_shard_for_a_restart() -> None:
    alone: World = {BOOK: {"replicas": "none", "engine": "reference"}}
    ((action, _, interrupts),) = steps_of(alone, ALONE, "book/0")
    assert (action, "for 2 to 4 s" in interrupts) == ("replace", True)


def test_a_shard_that_is_taken_away_is_gone_for_good() -> None:
    assert steps_of({}, ALONE, "book/0") == [("delete", "book/0", "its instruments, for good")]


def test_a_policy_and_further_destinations_touch_no_process() -> None:
    risk, policy = ("actor", "risk/0"), ("boundary", "btc")
    live: World = {risk: {"destinations": ("books/0",)}, policy: {"restarts": "5 in 60 s"}}
    wanted: World = {risk: {"destinations": ("books/0", "books/1")}, policy: {"restarts": "9 in 60 s"}}
    assert steps_of(wanted, live, "risk/0") == [("change", "btc", ""), ("change", "risk/0", "")]


def test_fewer_partitions_are_refused_and_more_are_made() -> None:
    orders = ("topic", "orders")
    fewer = plan({orders: {"partitions": 2}}, {orders: {"partitions": 3}})
    (held,) = fewer.refused
    assert str(held) == (
        "topic orders: has 3 partitions, and 2 are wanted: a partition is never taken back, and no command"
        " moves what is in it: ask for as many as there are"
    )
    more = plan({orders: {"partitions": 3}}, {orders: {"partitions": 2}})
    assert [step.why for step in more.steps] == ["partitions: 2 -> 3"]
    assert more.refused == ()


def test_why_says_what_a_list_lacks_and_has_too_much() -> None:
    role = ("role", "risk.0@dev.bulkhead")
    (step,) = plan({role: {"may": ("a", "b", "c", "d", "e")}}, {role: {"may": ("x",)}}).steps
    assert step.why == "may lacks a, b, c and 2 more, has x too much"


def test_a_topic_that_the_exchange_had_is_made_anew_with_a_warning() -> None:
    wanted: World = {("topic", "orders"): {}, ("topic", "reports.new"): {}}
    steps = plan(wanted, {}, were_there={("topic", "orders")}).steps
    assert [step.why for step in steps] == [LOST, "is missing"]


def test_what_no_step_does_is_something_to_do_and_is_told_by_who_does_it() -> None:
    held = Held("fees.taker", "0 -> 1", "nothing does")
    for level, name in ((Level.REFUSED, "refused"), (Level.COMMAND, "by_command"), (Level.KEPT, "kept")):
        planned = plan({}, {}, held=[(level, held)])
        assert getattr(planned, name) == (held,)
        assert not planned.empty
    for level in (Level.APPLIED, Level.REPLACED, Level.RESTART):  # a step is there for what has to be done
        assert plan({}, {}, held=[(level, held)]).empty
