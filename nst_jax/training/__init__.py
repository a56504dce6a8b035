"""Distilling a small VGG-19 from larger networks: what `scripts/distill.py` is made of.

The student learns to tell the teachers' activations. At each tap a 1x1 head, thrown away afterwards, predicts a
teacher's channels from the student's. Not needed to stylize a picture.
"""
