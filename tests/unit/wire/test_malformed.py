"""The shared cases of what is malformed, on the decoders of the reference engine."""

import json
from pathlib import Path

import pytest

from bulkhead.domain.reasons import Reason
from bulkhead.wire.codec import Malformed, TypeUnknown, decode
from bulkhead.wire.frame import Unreadable, read_frame

CASES: dict[str, list[dict[str, str]]] = json.loads(
    (Path(__file__).parents[2] / "cases" / "malformed.json").read_text()
)


def cases(section: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "data", [pytest.param(bytes.fromhex(case["hex"]), id=case["name"]) for case in CASES[section]]
    )


@cases("events_well_formed")
def test_a_well_formed_event_is_read(data: bytes) -> None:
    decode(data)


@cases("events_malformed")
def test_a_malformed_event_is_refused_as_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode(data)


@cases("events_of_unknown_type")
def test_an_event_of_an_unknown_type_is_refused_with_its_number(data: bytes) -> None:
    with pytest.raises(TypeUnknown) as refused:
        decode(data)
    assert refused.value.number == (data[2] if data[1] == 0xCC else data[1])


@cases("frames_well_formed")
def test_a_well_formed_frame_is_read(data: bytes) -> None:
    assert read_frame(data).events


@cases("frames_malformed")
def test_a_malformed_frame_is_refused_as_such(data: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        read_frame(data)
    assert refused.value.reason is Reason.FRAME_MALFORMED


def test_every_case_says_why() -> None:
    for section, listed in CASES.items():
        if section != "about":
            assert all(case["name"] and case["why"] for case in listed), section
            assert len({case["hex"] for case in listed}) == len(listed), section
