"""`python -m bench.pulsar [--quick] [--folder FOLDER]`: on a broker; the last line is one JSON object."""

from dataclasses import replace

from bench.command import run
from bench.pulsar.measurement import measure
from bench.pulsar.results import as_json, show
from bench.pulsar.sizes import FULL, QUICK

if __name__ == "__main__":
    run(lambda quick, seed: replace(QUICK if quick else FULL, seed=seed), measure, show, as_json)
