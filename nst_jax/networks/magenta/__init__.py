"""Magenta's network for arbitrary styles (Ghiasi et al. 2017), with weights that the user brings along."""
