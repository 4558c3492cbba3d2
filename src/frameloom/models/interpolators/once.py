"""What is computed when it is first asked for, once, however many threads ask."""

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

Value = TypeVar("Value")


class Shared:
    """Has properties of the kind `once`."""

    def __init__(self) -> None:
        self.lock = threading.RLock()


class once(Generic[Value]):  # noqa: N801  # used as a decorator, like the functools.cached_property that it replaces
    """A lazy property of a `Shared`; it can be assigned too.

    functools.cached_property computes twice for two threads, or (before Python 3.12) lets one wait for another that
    computes the same property of a different object.
    """

    def __init__(self, make: Callable[[Any], Value]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> "once[Value]": ...
    @overload
    def __get__(self, instance: Shared, owner: type) -> Value: ...
    def __get__(self, instance: Shared | None, owner: type) -> "once[Value] | Value":
        """The value."""
        if instance is None:
            return self
        values = vars(instance)
        if self._name not in values:
            with instance.lock:
                if self._name not in values:
                    values[self._name] = self._make(instance)
        return values[self._name]

    def __set__(self, instance: Shared, value: Value) -> None:
        """In place of what would be computed."""
        vars(instance)[self._name] = value
