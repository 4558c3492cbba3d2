"""Verbs as commands. Words as they are typed; those before the last name a group."""

from frameloom.cli.commands import inspecting, making, measuring, models
from frameloom.cli.commands.command import Command

COMMANDS: dict[str, Command] = making.COMMANDS | measuring.COMMANDS | inspecting.COMMANDS | models.COMMANDS

GROUPS = {"models": "Lists models, and finds, fetches, recognises and converts their checkpoints."}

EXAMPLES: dict[str, tuple[str, ...]] = making.EXAMPLES | measuring.EXAMPLES | inspecting.EXAMPLES | models.EXAMPLES
"""What each command's help ends with; lines fit a terminal of 80 columns."""
