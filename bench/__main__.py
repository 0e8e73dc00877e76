"""`python -m bench [--quick] [--folder FOLDER]`: on the embedded log; the last line is one JSON object."""

from dataclasses import replace

from bench.command import run
from bench.measurement import FULL, QUICK, measure
from bench.results import as_json, show

if __name__ == "__main__":
    run(lambda quick, seed: replace(QUICK if quick else FULL, seed=seed), measure, show, as_json)
