"""Everything that can go wrong because of what was given, as a tree.

FrameloomError
├── InputError (ValueError)            an argument or a file that cannot be used as asked
│   ├── ShapeError                     sizes that do not fit together
│   └── RangeError                     a value outside what is allowed
├── MediaError (OSError)
│   ├── CannotOpen                     missing, unreadable, or not a picture or video
│   ├── NoFrames                       readable, but without a single picture
│   ├── DecodeError                    some pictures are damaged or missing; the rest can be read
│   ├── CannotWrite                    no room, no permission, or a format that is not written
│   └── OutputExists                   the output is there already
├── ModelError
│   └── UnknownModel (LookupError)     .close_names holds what may have been meant
├── DatasetError                       a data set that is not laid out as expected
└── BatchError                         some inputs of one call failed; .failures holds which and why

Messages say what happened, with which file, and what to do. The command line prints them in one line and exits with 2.
"""

from collections.abc import Sequence


class FrameloomError(Exception):
    """Base of all errors that the user can do something about."""


class InputError(FrameloomError, ValueError):
    """An argument or a file cannot be used as asked."""


class ShapeError(InputError):
    """Sizes do not fit together."""


class RangeError(InputError):
    """A value lies outside what is allowed."""


class MediaError(FrameloomError, OSError):
    """Pictures, sound or files could not be read or written."""


class CannotOpen(MediaError):
    """The input is missing, unreadable, or not a picture or video."""


class NoFrames(MediaError):
    """The input could be read but holds no picture."""


class DecodeError(MediaError):
    """Some pictures of the input are damaged or missing; the rest could be read by skipping them."""


class CannotWrite(MediaError):
    """The output cannot be written: no room, no permission, or a format that is not written."""


class OutputExists(MediaError):
    """The output is there already and overwriting was not asked for."""


class ModelError(FrameloomError):
    """A model cannot be used as asked."""


class UnknownModel(ModelError, LookupError):
    """No model of that name and role; `close_names` holds what may have been meant."""

    def __init__(self, message: str, close_names: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.close_names = tuple(close_names)


class DatasetError(FrameloomError):
    """A data set is not laid out as expected."""


class BatchError(FrameloomError):
    """Some inputs of one call failed, the others are done; `failures` maps each failed input to what was wrong."""

    def __init__(self, message: str, failures: dict[str, str]) -> None:
        super().__init__(message)
        self.failures = failures
