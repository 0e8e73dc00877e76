"""See the package."""

from bench.command import run
from bench.engines.measurement import measure
from bench.engines.results import as_json, show
from bench.engines.workloads import sized

if __name__ == "__main__":
    run(sized, measure, show, as_json)
