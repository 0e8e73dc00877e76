"""Decisions about failures, as pure machines: what they decide, actors/ carries out."""
