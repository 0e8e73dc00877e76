"""Two topologies on Kubernetes, byte for byte."""

import pytest

from tests.golden.k8s.manifests import NAMES, kept, made


@pytest.mark.parametrize("name", NAMES)
def test_the_manifests_are_those_that_were_kept(name: str) -> None:
    assert made(name) == kept(name).read_text(), "if it is meant: python -m tests.golden.k8s.manifests"
