"""The run-time type checker that the tests put over the whole package."""

from beartype import BeartypeConf, beartype

# An int will do for a float, as everywhere in Python.
checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
