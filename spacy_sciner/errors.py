"""Every message the package raises or warns with, coded.

E0xx tagging, confidence, selection · E1xx papers · E2xx corpus · E3xx models, pipeline, adapt ·
E4xx evaluation, report · E5xx command line, project. Warnings are W with the same ranges.
"""

from typing import Any


class ScinerError(ValueError):
    """Bad input or a wrong setting: the message says what, where and what to do."""


class ScinerWarning(UserWarning):
    """Something the user should know and may ignore."""


class _Coded(type):
    """Prefix each message with its code when it is read: `Errors.E001` → `SCINER-E001: …`."""

    def __getattribute__(cls, name: str) -> Any:
        value = super().__getattribute__(name)
        if name.startswith("_") or not isinstance(value, str):
            return value
        return f"SCINER-{name}: {value}"


class Errors(metaclass=_Coded):
    # --- tagging, confidence, selection ------------------------------------------------------
    E001 = (
        "γ must be a probability in [0, 1], got {gamma}{where}. Set it in params.yaml under "
        "`iterations`, or as `gamma` of the sciner_annotator."
    )
    E002 = "No γ for the label(s) {missing}. Give one number for all labels, or one for each."

    # --- papers ------------------------------------------------------------------------------

    # --- corpus ------------------------------------------------------------------------------
    E201 = "No file {path}. Run the stage that writes it: `dvc repro`."
    E202 = "{path} cannot be read as spaCy docs ({reason}). Write it again, or convert it first."
    E203 = "`{name}` of the corpus reader must be {least} or more, got {value}."

    # --- models, pipeline, adapt -------------------------------------------------------------

    # --- evaluation, report ------------------------------------------------------------------

    # --- command line, project ---------------------------------------------------------------
    E501 = "No section {section!r} in {path}. Sections there: {found}."
    E502 = "{path} cannot be read as YAML: {reason}"


class Warnings(metaclass=_Coded):
    pass
