"""Benchmarks of time and memory, run by `python -m benchmarks`; stylizing images does not need this package."""
