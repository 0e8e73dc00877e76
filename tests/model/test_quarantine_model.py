"""The protocol of quarantine under crashes, wrong suspicions, zombies and sick replicas."""

import pytest

from tests.model.quarantine import outcome

SEEDS = 400
MUTANTS = (
    "superseded decide",
    "decision not read back",
    "decision kept by its replica",
    "decisions not read at restore",
    "decisions not read at promotion",
    "decided without repeating",
    "decided though published",
    "state before not restored",
    "a standby decides",
)


def test_the_rest_goes_on_and_every_replay_agrees() -> None:
    assert {seed: told for seed in range(SEEDS) if (told := outcome(seed)) != "clean"} == {}


def test_what_lands_long_after_it_was_sent_may_stop_the_shard_but_is_never_wrong_in_silence() -> None:
    told = [outcome(seed, late=True) for seed in range(SEEDS)]
    assert not [one for one in told if one.startswith("Wrong")]
    assert told.count("clean") > SEEDS / 2


@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_broken_rule_is_found(mutant: str) -> None:
    assert any(outcome(seed, mutant) != "clean" for seed in range(SEEDS))
