"""Breaks real processes of a running exchange; `chaos.checker` judges what came of it."""
