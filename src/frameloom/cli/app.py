"""The command line: parse, run, and turn every outcome into an exit code.

0 done, 1 our fault, 2 the user's input, 130 interrupted.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from types import FrameType

from cyclopts import App, CycloptsError, Parameter
from cyclopts.exceptions import (
    ConsumeMultipleError,
    MissingArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from frameloom.cli.commands import COMMANDS, EXAMPLES, GROUPS
from frameloom.errors import FrameloomError

DONE, OUR_FAULT, USERS_INPUT, INTERRUPTED = 0, 1, 2, 130


def build_app() -> App:
    """The application with all its commands."""
    app = App(
        name="frameloom",
        help="Makes, measures and matches video frames.",
        version=version("frameloom"),
        default_parameter=Parameter(consume_multiple=True, negative=()),
        result_action="return_value",
        help_format="plaintext",
        suppress_keyboard_interrupt=False,  # the one line that says how things stand is ours
    )
    groups = {name: App(name=name, help=text, version_flags=()) for name, text in GROUPS.items()}
    for name, command in COMMANDS.items():
        *before, last = name.split()
        (groups[before[0]] if before else app).command(command, name=last, help_epilogue=_epilogue(name))
    for group in groups.values():
        app.command(group)
    return app


def _epilogue(name: str) -> str:
    """Examples, set as they are typed."""
    lines = EXAMPLES.get(name)
    return "\n".join(["Examples:", *(f"  {line}" for line in lines)]) if lines else ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    verbose = "-v" in words or "--verbose" in words
    try:
        build_app()(words, exit_on_error=False, print_error=False)
        sys.stdout.flush()
        return DONE
    except CycloptsError as error:
        return _failed(_usage(error, words), USERS_INPUT, verbose=False)
    except FrameloomError as error:
        return _failed("; ".join([str(error), *_notes(error)]), USERS_INPUT, verbose=verbose)
    except KeyboardInterrupt as error:
        return _failed("; ".join(["interrupted", *_notes(error)]), INTERRUPTED, verbose=False)
    except BrokenPipeError:  # whoever read our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        hint = "" if verbose else "; run again with -v and report what it prints"
        return _failed(f"internal error: {type(error).__name__}: {error}{hint}", OUR_FAULT, verbose=verbose)


def _notes(error: BaseException) -> list[str]:
    """What was added to an error on its way: how to go on."""
    return list(getattr(error, "__notes__", []))


def _failed(message: str, code: int, *, verbose: bool) -> int:
    """One line on stderr, after the traceback where that is wanted."""
    if verbose:
        traceback.print_exc()
    print(f"frameloom: {' '.join(message.split())}", file=sys.stderr)
    return code


def _usage(error: CycloptsError, words: list[str]) -> str:
    """What was wrong with the command line, and where to read more."""
    known = [name for name in (*COMMANDS, *GROUPS) if words[: len(name.split())] == name.split()]
    if not known or (isinstance(error, UnknownCommandError) and words[0] not in GROUPS):
        return f"{error} (frameloom --help)"
    dashed = next((word for word in words if word.startswith("-") and Path(word).exists()), None)
    if dashed is not None and isinstance(error, UnknownOptionError):
        return f"{dashed} is a file and looks like an option; type ./{dashed}"
    return f"{_what_was_wrong(error)} (frameloom {max(known, key=len)} --help)"


def _what_was_wrong(error: CycloptsError) -> str:
    """The parser's own words, but where they speak of its parameters and tokens to somebody who typed paths."""
    if isinstance(error, UnusedCliTokensError):
        words = error.unused_tokens or []
        return f"nothing takes {' '.join(repr(word) for word in words)}"
    argument = error.argument
    if not isinstance(error, MissingArgumentError) or isinstance(error, ConsumeMultipleError) or argument is None:
        return str(error)
    if error.keyword is not None or argument.tokens:
        return f"{error.keyword or argument.name} needs a value"
    is_path = argument.field_info.is_positional
    return f"{argument.name.lstrip('-').upper() if is_path else argument.name} is missing"


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """End tidily at the first signal; later ones would only disturb that."""
    _set(_pass_over)
    raise KeyboardInterrupt


def _pass_over(_signal: int, _frame: FrameType | None) -> None:
    """In place of SIG_IGN while there is work: Python tells of each signal that arrives just as that is set."""


def _set(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in _SIGNALS:
        signal.signal(number, handler)


def run() -> None:
    """The console script."""
    _set(_interrupt)
    code = main()
    if code == INTERRUPTED:  # as it ends, Python takes its handlers away: the next signal would be the exit code
        if sys.platform != "win32":
            signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        _set(signal.SIG_IGN)
    sys.exit(code)
