"""Measurements of time and memory: what `python -m benchmarks` is made of. Not needed to stylize a picture."""
