"""Values of settings brought to the declared types: lists to tuples, NumPy and JAX numbers to Python's, paths to text.

A recipe read back from JSON, or one made of numbers of an array library, then equals the one that it came from. It is
hashable, and it can be saved as JSON. Values of other types are refused, because they are mistakes. Arrays are
recognized by their methods, so that nothing has to be imported for them.
"""

import dataclasses
import difflib
import functools
import operator
import os
import types
import typing
from collections.abc import Callable, Iterable
from typing import Any, Literal, NoReturn, TypeVar

from nst_jax.errors import InputError
from nst_jax.recipes.settings import Settings

# Settings that name a file, which may be given as a path object.
_PATHS = ("init", "network")
# The most characters of a wrong value that a message repeats.
_SHOWN = 60
_SPOKEN = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}

SettingsClass = TypeVar("SettingsClass", bound=type[Settings])


def normalized(settings: Settings) -> dict[str, Any]:
    """Return all values of the settings, each of the type that its field declares.

    Raises:
        InputError: when a value cannot be converted to that type without a change of its meaning.
    """
    return {field.name: _of_type(field, getattr(settings, field.name)) for field in dataclasses.fields(settings)}


def refuse_unknown_names(cls: SettingsClass) -> SettingsClass:
    """Let a class of settings refuse a name that is none of its settings by an `InputError` with the closest name."""
    original = cls.__init__

    @functools.wraps(original)
    def init(self: Settings, *positional: Any, **settings: Any) -> None:
        check_names(cls, settings)
        original(self, *positional, **settings)

    cls.__init__ = init  # type: ignore[method-assign]
    return cls


def check_names(cls: type[Settings], names: Iterable[str], others: Iterable[str] = ()) -> None:
    """Check that names are those of settings.

    Args:
        cls: the class of settings.
        names: the names to check.
        others: further names to suggest for one that is misspelled.

    Raises:
        InputError: for the first name that is none of them; the message has the closest one.
    """
    known = [field.name for field in dataclasses.fields(cls)]
    for name in names:
        if name not in known:
            closest = difflib.get_close_matches(name, [*known, *others], 1, 0.5)
            advice = f"did you mean '{closest[0]}'?" if closest else "see the fields of Recipe."
            raise InputError(f"There is no setting '{name}'; {advice}")


def whole_number(name: str, value: Any) -> int:
    """Return a value as a whole number.

    Args:
        name: what the number is, for the message.
        value: a number of any kind, such as 30, 30.0 or a NumPy number.

    Raises:
        InputError: when it is no whole number.
    """
    return int(_number(int, name, value))


def _of_type(field: dataclasses.Field[Any], value: Any) -> Any:
    kinds = [field.type]
    if isinstance(field.type, types.UnionType):
        kinds = [kind for kind in typing.get_args(field.type) if kind is not types.NoneType]
        if value is None:
            return None
    (kind,) = kinds
    if field.name == "style_crop" and not isinstance(value, str):
        sides = _elements(field.name, value, "X,Y,W,H in pixels, such as 100,50,300,200")
        return ",".join(str(_number(int, field.name, side)) for side in sides)
    if typing.get_origin(kind) is not tuple:
        return _scalar(str if typing.get_origin(kind) is Literal else kind, field.name, value)
    if field.name == "style_groups" and not isinstance(value, str):
        # A group may be given as a list of layers, too.
        groups = [_elements(field.name, group) for group in _elements(field.name, value)]
        value = [",".join(_scalar(str, field.name, layer) for layer in group) for group in groups]
    return tuple(_scalar(typing.get_args(kind)[0], field.name, each) for each in _elements(field.name, value))


def _elements(name: str, value: Any, wanted: str = "a list") -> list[Any]:
    """Return the elements of a sequence or of an array of one dimension; a single text or number is one element."""
    if isinstance(value, str | int | float) or getattr(value, "ndim", None) == 0:
        return [value]
    # These have no order of their own, or are not what they seem to be when looped over.
    if isinstance(value, bytes | set | frozenset | dict) or not isinstance(value, Iterable):
        _refuse(name, wanted, value)
    return list(value)


def _scalar(kind: Any, name: str, value: Any) -> Any:
    if kind is str:
        if name in _PATHS and isinstance(value, os.PathLike | bytes):
            return os.fsdecode(value)
        if name == "tile" and not isinstance(value, str):
            return str(_number(int, name, value))
        # Text of a subclass, such as NumPy's or that of an enumeration, becomes plain text.
        return str.__str__(value) if isinstance(value, str) else _refuse(name, "text", value)
    return _number(kind, name, value)


def _number(kind: type[bool] | type[int] | type[float], name: str, value: Any) -> Any:
    """Return a number or truth value as Python's own."""
    plain = value
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        plain = value.item()
    try:
        if kind is bool:
            if isinstance(plain, bool | int | float) and plain in (0, 1):
                return bool(plain)
        elif not isinstance(plain, bool | str | bytes) and not getattr(plain, "ndim", 0):
            convert: Callable[[Any], Any] = operator.index if kind is int and hasattr(plain, "__index__") else float
            number = convert(plain)
            if kind is float:
                return float(number)
            if number == int(number):
                return int(number)
    except (TypeError, ValueError, OverflowError):
        pass
    return _refuse(name, _SPOKEN[kind], value)


def _refuse(name: str, wanted: str, value: Any) -> NoReturn:
    shown = " ".join(repr(value).split())
    shown = shown if len(shown) <= _SHOWN else f"a value of type {type(value).__name__}"
    raise InputError(f"The {name.replace('_', ' ')} must be {wanted}, not {shown}.")
