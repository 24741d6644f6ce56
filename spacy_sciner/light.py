"""spaCy without torch, for stages that compute nothing: Thinc imports it wherever it is installed,
which takes more than a second."""

import sys


def import_without_torch() -> None:
    """Import Thinc as if torch were not there, unless something has imported either of them.

    What asks for torch itself gets it, but Thinc's own torch layers are out of this process' reach.
    """
    if "thinc" in sys.modules or "torch" in sys.modules:
        return
    sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        import thinc.compat  # noqa: F401
    finally:
        del sys.modules["torch"]
