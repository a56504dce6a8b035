"""Write the golden values of the recipes, computed with PyTorch: `python -m tests.references.make_golden`."""

import numpy as np

from tests.references.published_methods import GOLDEN, PUBLISHED, network_of, reference

if __name__ == "__main__":
    values = {}
    for name in PUBLISHED:
        _, terms, gradient = reference(name, network_of(name))
        values |= {f"{name}.terms": np.array(terms), f"{name}.gradient": gradient.astype(np.float32)}
    GOLDEN.parent.mkdir(exist_ok=True)
    np.savez_compressed(GOLDEN, **values)
