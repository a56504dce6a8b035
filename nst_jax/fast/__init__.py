"""Style transfer in one pass: a small network of our own that takes any style."""
