"""Whatever stands in a topology file, the answer is a topology or a list of problems inside the file."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bulkhead.topology.load import loads
from bulkhead.topology.problems import TopologyError

SMALL = (Path(__file__).parent / "small.yaml").read_text()
LINES = SMALL.splitlines(keepends=True)
SCRAPS = st.sampled_from(
    [
        *("", "\t", ": ", "- ", "{", "}", "[", "]", '"', "'", "&a ", "*a", "!x ", "<<: ", "# ", "\n", "|\n"),
        *("0.1", "007", "-5", "yes", "null", "9" * 45, "1e999", ".inf", ".nan", "{}", "[]"),
        *("é", "\x00", "\ufeff", "/*"),
    ]
)


def answer_is_sound(text: str) -> None:
    try:
        loads(text)
        return
    except TopologyError as error:
        problems = error.problems
    assert problems
    for problem in problems:
        # A file that ends too early is wrong on the line after its last.
        assert 1 <= problem.line <= len(text.splitlines()) + 1
        assert problem.column >= 1
        assert problem.problem


@given(st.text(max_size=200))
def test_any_text_is_answered(text: str) -> None:
    answer_is_sound(text)


@given(st.lists(st.tuples(st.integers(0, len(SMALL)), st.integers(0, 12), SCRAPS), min_size=1, max_size=4))
def test_a_damaged_topology_is_answered(damages: list[tuple[int, int, str]]) -> None:
    text = SMALL
    for start, length, scrap in damages:
        text = text[:start] + scrap + text[start + length :]
    answer_is_sound(text)


@given(st.lists(st.integers(0, len(LINES) - 1), min_size=1, max_size=4), SCRAPS)
def test_a_topology_with_other_values_is_answered(numbers: list[int], scrap: str) -> None:
    lines = list(LINES)
    for number in numbers:
        name, colon, _ = lines[number].partition(":")
        lines[number] = f"{name}{colon} {scrap}\n"
    answer_is_sound("".join(lines))


@given(st.permutations(range(len(LINES))))
def test_a_shuffled_topology_is_answered(order: list[int]) -> None:
    answer_is_sound("".join(LINES[number] for number in order))
