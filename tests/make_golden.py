"""Writes the golden values of the recipes with PyTorch: `python -m tests.make_golden`."""

import numpy as np

from tests.test_recipes import GOLDEN, PUBLISHED, network, reference

if __name__ == "__main__":
    values = {}
    for name in PUBLISHED:
        _, terms, gradient = reference(name, network(name))
        values |= {f"{name}.terms": np.array(terms), f"{name}.gradient": gradient.astype(np.float32)}
    GOLDEN.parent.mkdir(exist_ok=True)
    np.savez_compressed(GOLDEN, **values)
