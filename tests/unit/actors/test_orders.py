"""How an order to change what runs is carried out, step by step, and when it is not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from actors.launch import Launch
from actors.launches import launches
from actors.memory import Memory, remembered
from actors.objects import policies
from actors.orders import BUSY, DONE, WORKING, Order, Orders
from bulkhead.installation.state import Installation
from bulkhead.supervision.budget import Budget
from bulkhead.topology.load import load
from bulkhead.topology.rooms import Room
from tests.support.running import edited_topology

PAIR = {"boundaries": {"btc": {"replicas": "standby"}}}


class Hands:
    """What a supervisor has in its hands, as a model: a process is at work the moment it is started."""

    def __init__(self, started: list[Launch], leading: str = "book/0") -> None:
        self.launches = {launch.actor: launch for launch in started}
        self.working = set(self.launches)
        self.leading = leading
        self.done: list[str] = []
        self.stuck: set[str] = set()
        self.budgets: dict[str, Budget | None] = {}
        self.rooms: tuple[Room, ...] = ()
        self.builds = dict.fromkeys(self.launches, "old")
        self.installed = "new"
        self.differs: set[str] = set()
        """builds that say something else than the old one"""
        self.compared = set(self.launches)
        self.on_trial = ""

    def launch(self, name: str) -> Launch | None:
        return self.launches.get(name)

    def replicas(self, shard: str) -> list[str]:
        return [launch.actor for launch in self.launches.values() if launch.shard == shard]

    def there(self, name: str) -> bool:
        return name in self.working

    def leads(self, name: str) -> bool:
        return name == self.leading

    def ready(self, name: str) -> bool:
        return name in self.working - self.stuck

    def build(self, name: str) -> str:
        return self.builds[name]

    def agrees(self, name: str) -> bool:
        return name == self.leading or name in self.compared

    def try_out(self, name: str, on_trial: bool) -> None:
        self.on_trial = name if on_trial else ""

    def save(self, name: str) -> Any:
        self.done.append(f"save {name}")
        return name

    def saved(self, name: str, question: Any) -> bool:
        return bool(question == name)

    def down(self, name: str) -> str:
        if self.builds.get(name) in self.differs and name != self.leading:
            return "it had said something else"
        return "its memory is full" if name in self.stuck and name == self.leading else ""

    def keep(self, launch: Launch) -> None:
        self.done.append(f"start {launch.actor}")
        self.launches[launch.actor] = launch
        self.working.add(launch.actor)
        self.builds[launch.actor] = self.installed
        self.compared.discard(launch.actor)

    def note(self, launch: Launch) -> None:
        self.launches[launch.actor] = launch

    def tell(self, launch: Launch) -> Any:
        self.done.append(f"tell {launch.actor}")
        return launch

    def answered(self, question: Any) -> bool:
        return isinstance(question, Launch)

    def end(self, name: str) -> None:
        self.done.append(f"end {name}")
        self.working.discard(name)
        others = [each for each in self.replicas(self.launches[name].shard) if each in self.working]
        self.leading = others[0] if others else ""

    def kill(self, name: str) -> None:
        self.done.append(f"kill {name}")

    def ended(self, name: str) -> bool:
        return name not in self.working

    def drop(self, name: str) -> None:
        self.done.append(f"drop {name}")
        del self.launches[name]

    def budget(self, boundary: str, budget: Budget | None) -> None:
        self.budgets[boundary] = budget

    def reserve(self, rooms: tuple[Room, ...]) -> None:
        self.rooms = rooms


def installation(folder: Path) -> Installation:
    file = folder / "topology.yaml"
    file.write_text(edited_topology(PAIR))
    return Installation(load(file), file)


@pytest.fixture
def pair(tmp_path: Path) -> dict[str, Launch]:
    """How the two processes of book/0 are started."""
    mine = installation(tmp_path)
    mine.keys.make("internal.key")
    return {each.actor: each for each in launches(mine, b"genesis") if each.shard == "book/0"}


def carried_out(orders: Orders, order: Order) -> str:
    outcome = orders.give(order)
    for _ in range(20):
        orders.go_on()
        outcome = orders.give(order)
    return outcome


def test_who_leads_is_ended_only_when_its_replica_could_take_over(
    pair: dict[str, Launch], monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = Hands(list(pair.values()))
    orders, other = Orders(hands), replace(pair["book/0"], every_events=7)
    hands.stuck = {"book/0.b"}
    order = Order("1", "replace", "book/0", other)
    assert carried_out(orders, order) == WORKING
    assert hands.done == []
    hands.stuck = set()
    assert carried_out(orders, order) == DONE
    assert (hands.done, hands.leading) == (["end book/0", "start book/0"], "book/0.b")
    assert hands.launches["book/0"] == other

    hands.done, hands.stuck = [], {"book/0"}
    monkeypatch.setattr("actors.orders.FOLLOWS_TIMEOUT_S", 0.0)
    outcome = carried_out(orders, Order("2", "delete", "book/0.b", None))
    assert outcome.startswith("book/0.b is not ended: book/0 would have to take over")
    assert hands.done == []


def test_who_follows_is_replaced_at_once(pair: dict[str, Launch]) -> None:
    hands = Hands(list(pair.values()))
    other = replace(pair["book/0.b"], every_events=7)
    assert carried_out(Orders(hands), Order("1", "replace", "book/0.b", other)) == DONE
    assert (hands.done, hands.leading) == (["end book/0.b", "start book/0.b"], "book/0")


def test_an_order_that_is_given_again_to_another_supervisor_completes_what_is_left(
    pair: dict[str, Launch],
) -> None:
    hands = Hands(list(pair.values()))
    order = Order("1", "replace", "book/0", replace(pair["book/0"], every_events=7))
    first = Orders(hands)
    first.give(order)
    first.go_on()  # and that one dies: what it had ended is missing, as its successor finds
    assert carried_out(Orders(hands), order) == DONE
    assert carried_out(Orders(hands), order) == DONE
    assert hands.done == ["end book/0", "start book/0"]


def test_one_at_a_time_and_what_is_told_takes_no_process(pair: dict[str, Launch]) -> None:
    hands = Hands(list(pair.values()))
    orders = Orders(hands)
    tell = Order("1", "change", "book/0", replace(pair["book/0"], destinations=("orders/0",)))
    assert orders.give(tell) == WORKING
    assert orders.give(Order("2", "delete", "book/0.b", None)) == BUSY
    assert carried_out(orders, tell) == DONE
    assert hands.done == ["tell book/0"]
    assert hands.launches["book/0"].destinations == ("orders/0",)
    assert carried_out(orders, Order("3", "change", "btc", Budget(7, 60), "boundary")) == DONE
    assert hands.budgets == {"btc": Budget(7, 60)}
    rooms = (Room("btc", "west-1", whole=True),)
    assert carried_out(orders, Order("4", "change", "rooms", rooms, "rooms")) == DONE
    assert hands.rooms == rooms


def test_one_that_does_not_come_up_is_said_with_why(pair: dict[str, Launch]) -> None:
    hands = Hands([], leading="book/0")
    hands.stuck = {"book/0"}
    outcome = carried_out(Orders(hands), Order("1", "create", "book/0", pair["book/0"]))
    assert outcome == "book/0 was started and is down: its memory is full"


def renewed(name: str) -> Order:
    return Order(f"renew {name}", "renew", name, None, build="new")


def test_a_build_is_put_in_the_place_of_another_where_its_shard_is_and_leads_only_once_it_was_compared(
    pair: dict[str, Launch],
) -> None:
    hands = Hands(list(pair.values()))
    orders = Orders(hands)
    assert carried_out(orders, renewed("book/0.b")) == WORKING
    assert hands.done == ["save book/0", "end book/0.b", "start book/0.b"]
    assert hands.on_trial == "book/0.b"
    hands.compared.add("book/0.b")
    assert carried_out(orders, renewed("book/0.b")) == DONE
    assert hands.on_trial == ""

    hands.done = []
    hands.compared.clear()
    assert carried_out(orders, renewed("book/0")) == WORKING
    assert hands.done == ["save book/0"]
    hands.compared.add("book/0.b")
    assert carried_out(orders, renewed("book/0")) == WORKING
    assert (hands.done, hands.leading) == (["save book/0", "end book/0", "start book/0"], "book/0.b")
    hands.compared.add("book/0")
    assert carried_out(orders, renewed("book/0")) == DONE
    assert hands.launches == pair


def test_who_is_of_the_build_already_is_left_alone(pair: dict[str, Launch]) -> None:
    hands = Hands(list(pair.values()))
    hands.builds = dict.fromkeys(pair, "new")
    assert carried_out(Orders(hands), renewed("book/0")) == DONE
    assert hands.done == []


def test_a_build_that_says_something_else_does_not_lead(pair: dict[str, Launch]) -> None:
    hands = Hands(list(pair.values()))
    hands.differs = {"new"}
    outcome = carried_out(Orders(hands), renewed("book/0.b"))
    assert outcome == "book/0.b follows no more: it had said something else"
    assert hands.on_trial == ""
    assert (hands.builds["book/0"], hands.leading) == ("old", "book/0")


def test_where_another_build_is_installed_than_is_asked_for_it_is_said(pair: dict[str, Launch]) -> None:
    hands = Hands(list(pair.values()))
    hands.installed = "another"
    outcome = carried_out(Orders(hands), renewed("book/0.b"))
    assert outcome.startswith("book/0.b was started anew and is of build another, not new: install that one")


def test_a_supervisor_remembers_what_it_was_told(pair: dict[str, Launch], tmp_path: Path) -> None:
    path = tmp_path / "supervisor.json"
    assert remembered(path) is None
    memory = Memory(
        launches=pair,
        roles={"book/0": "primary"},
        budgets=policies(installation(tmp_path).topology),
        rooms=(Room("btc", "west-1", whole=False, memory_mib=512),),
    )
    memory.write(path)
    assert remembered(path) == memory
