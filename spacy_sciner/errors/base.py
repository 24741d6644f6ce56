"""What is raised, and how a message gets its code."""

from typing import Any


class ScinerError(ValueError):
    """Bad input or a wrong setting: the message says what, where and what to do."""


class ScinerWarning(UserWarning):
    """Something the user should know and may ignore."""


class Coded(type):
    """Prefix each message with its code when it is read: `Errors.E001` → `SCINER-E001: …`."""

    def __getattribute__(cls, name: str) -> Any:
        value = super().__getattribute__(name)
        if name.startswith("_") or not isinstance(value, str):
            return value
        return f"SCINER-{name}: {value}"
