"""The grade of how alike two pictures are, from 0 to 10; see docs/guides/grade.md.

>>> from nst_jax.grading import grade_pictures
>>> grade_pictures("drawing.png", "stylized.png").grade  # doctest: +SKIP
4.3
"""

import importlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nst_jax.grading.grades import Grade as Grade
    from nst_jax.grading.grades import grade_pictures as grade_pictures
    from nst_jax.grading.grades import ladder as ladder

__all__ = ["Grade", "grade_pictures", "ladder"]


def __getattr__(name: str) -> object:
    """Import the names on first use, because importing jax takes a second."""
    if name not in __all__:
        raise AttributeError(f"module 'nst_jax.grading' has no attribute '{name}'")
    return getattr(importlib.import_module("nst_jax.grading.grades"), name)
