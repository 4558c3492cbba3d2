"""Run the command line in this process and look at everything a user would see."""

from dataclasses import dataclass

import pytest

from frameloom.cli.app import main


@dataclass(frozen=True)
class Outcome:
    """What came of a command line."""

    code: int
    out: str
    err: str

    def refused(self) -> str:
        """The one line that says why the user's input cannot be used."""
        assert self.code == 2, f"exit code {self.code}: {self.err}"
        assert self.err.startswith("frameloom: ")
        lines = [line for line in self.err.splitlines() if line]
        assert len(lines) == 1, f"one line is enough: {self.err}"
        assert "Traceback" not in self.err
        assert "internal error" not in self.err
        return lines[0]

    def done(self) -> "Outcome":
        """This outcome, if all went well."""
        assert self.code == 0, self.err
        return self


class Command:
    """`frameloom` with the words given."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: object) -> Outcome:
        self._capsys.readouterr()
        code = main([str(word) for word in words])
        return Outcome(code, *self._capsys.readouterr())
