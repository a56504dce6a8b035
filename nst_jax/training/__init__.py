"""Knowledge distillation of a small VGG-19 from larger networks; used by `scripts/distill.py`.

The student is trained so that its teachers' activations can be predicted from its own. At each matched layer (tap), a
linear 1x1 head predicts a teacher's channels from the student's; the heads are discarded after training. Stylizing
images does not need this package.
"""
