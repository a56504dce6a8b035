"""Measurements of time and memory: what `scripts/benchmark.py` is made of. Not needed to stylise a picture."""
