"""Perceptual losses as pure functions of arrays.

Feature maps are float arrays of shape (height, width, channels); in the papers' notation F is the N x M matrix of N
channels and M = height * width positions. Every loss is a scalar of the features' dtype, differentiable, and works
under jit and vmap. The functions take a single example; callers batch them with vmap.
"""
