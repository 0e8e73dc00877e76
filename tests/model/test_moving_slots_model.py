"""The protocol by which slots move, under every order in which streams can land."""

import pytest

from tests.model.moving_slots.world import outcome

SEEDS = 120
MUTANTS = (
    "exported at the first echo",
    "nothing kept",
    "given at the first echo",
    "given before control's word",
    "what comes replaces what is there",
    "not told whose it is",
    "kept ones last in first out",
    "sessions stay behind",
    "commands taken while it moves",
    "echo before the switch, in another breath",
    "not told that it arrives",
    "a route stays",
    "answers who gave the number",
    "moved again before it has come",
    "reports read as they land",
    "sends at once where it is told",
    "sends nothing again",
    "lanes go behind their slots",
    "told before it has landed",
)


@pytest.mark.parametrize("gateways", [False, True])
def test_everything_is_where_it_belongs_once(gateways: bool) -> None:
    assert {seed: told for seed in range(SEEDS) if (told := outcome(seed, gateways)) != "clean"} == {}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_broken_rule_is_found(mutant: str) -> None:
    assert any(
        outcome(seed, gateways, mutant) != "clean" for seed in range(SEEDS) for gateways in (False, True)
    )
