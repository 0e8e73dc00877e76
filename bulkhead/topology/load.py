"""Finds, reads and checks a topology file."""

import os
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bulkhead.topology.explain import explain
from bulkhead.topology.layers import Read, read
from bulkhead.topology.models import Topology
from bulkhead.topology.problems import Finding, Problem, TopologyError, field_text
from bulkhead.topology.source import Source
from bulkhead.topology.validate import findings

ENVIRONMENT = "BULKHEAD_TOPOLOGY"
DEFAULT = FilePath("topology.yaml")

HARMLESS = ("extra_forbidden", "literal_error", "not_supported_yet")


def find(option: FilePath | None = None) -> FilePath:
    """The topology file: the one given, else what BULKHEAD_TOPOLOGY names, else ./topology.yaml."""
    if option is not None:
        return option
    named = os.environ.get(ENVIRONMENT)
    return FilePath(named) if named else DEFAULT


def load(file: FilePath) -> Topology:
    """Read and check the topology in `file`, with what it extends. TopologyError lists all that is wrong."""
    return check(read(file))


def loads(text: str, name: str = "topology.yaml") -> Topology:
    """Read and check a topology from text; `name` stands for the file in errors."""
    return check(Source(name, text))


def check(source: Read) -> Topology:
    """Check what was read. TopologyError lists everything that is wrong with it."""
    errors: list[ErrorDetails] = []
    topology: Topology | None
    try:
        topology = Topology.model_validate(source.values)
    except ValidationError as error:
        errors = _causes(error.errors(include_url=False))
        topology = _without(source.values, errors)
    found = [explain(error, source) for error in errors]
    if topology is not None:
        found += findings(topology)
    if found or topology is None:
        problems = sorted({_placed(finding, source) for finding in found}, key=_order)
        raise TopologyError(problems, complete=topology is not None)
    return topology


def _causes(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """The errors without lists that count as too short only because an item in them is wrong."""
    above = {error["loc"][:depth] for error in errors for depth in range(len(error["loc"]))}
    return [error for error in errors if error["type"] != "too_short" or error["loc"] not in above]


def _without(values: dict[str, Any], errors: list[ErrorDetails]) -> Topology | None:
    """The topology without unknown fields and choices, if that makes one.

    So that one typing error does not hide what else is wrong. Other wrong values are not left out: what
    stands in their place would be compared with the rest, and be called wrong itself.
    """
    if any(error["type"] not in HARMLESS for error in errors):
        return None
    wrong = {tuple(map(str, error["loc"])) for error in errors}
    try:
        return Topology.model_validate(_pruned(values, (), wrong))
    except ValidationError:
        return None


def _pruned(value: Any, path: tuple[str, ...], wrong: set[tuple[str, ...]]) -> Any:
    if isinstance(value, dict):
        return {
            name: _pruned(inner, (*path, name), wrong)
            for name, inner in value.items()
            if (*path, name) not in wrong
        }
    if isinstance(value, list):
        return [_pruned(inner, (*path, str(number)), wrong) for number, inner in enumerate(value)]
    return value


def _placed(finding: Finding, source: Read) -> Problem:
    return Problem(
        *source.place(finding.path, finding.at_key), field_text(finding.path), finding.problem, finding.hint
    )


def _order(problem: Problem) -> tuple[str, int, int, str, str]:
    return problem.file, problem.line, problem.column, problem.field, problem.problem
