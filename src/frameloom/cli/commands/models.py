"""Commands about models and what is installed."""

from pathlib import Path

from frameloom.cli.commands.command import Command, command
from frameloom.verbs.measure import doctor
from frameloom.verbs.models import models_convert, models_fetch, models_identify, models_list, models_show

COMMANDS: dict[str, Command] = {
    "doctor": command(doctor),
    "models list": command(models_list),
    "models show": command(models_show),
    "models fetch": command(models_fetch),
    "models identify": command(models_identify, file=Path),
    "models convert": command(models_convert, file=Path, output=Path),
}

EXAMPLES: dict[str, tuple[str, ...]] = {
    "models list": ("frameloom models list --json",),
    "models show": (
        "frameloom models show rife.dr-pro",
        "frameloom models show RIFE/DR-RIFE-pro              the authors' name",
    ),
    "models fetch": ("frameloom models fetch rife.dr-pro",),
    "models identify": ("frameloom models identify flownet_sdi.pkl",),
    "models convert": ("frameloom models convert flownet_sdi.pkl rife.dr.safetensors",),
}
