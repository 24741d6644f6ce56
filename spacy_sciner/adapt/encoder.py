"""The `adapt` stage: an encoder in, a local encoder out."""

from pathlib import Path
from typing import Any, Dict

from ..errors import Errors, ScinerError
from ..models.encoders import copy_encoder

METHODS = ("none",)


def make_encoder(encoder: Dict[str, Any], adapt: Dict[str, Any], *, out: Path) -> Dict[str, Any]:
    """Put the configured encoder into a folder of its own.

    encoder (dict): "name", and optionally "sha256" and "keep_layers".
    adapt (dict): "method": "none" takes the encoder as it is.
    RETURNS (dict): What the encoder is: model_type, layers, hidden_size, parameters, sha256.
    RAISES (ScinerError): SCINER-E302 for an unknown method; SCINER-E304, E305, E311.
    """
    if adapt["method"] not in METHODS:
        known = ", ".join(METHODS)
        message = Errors.E302.format(name="adapt.method", value=adapt["method"], known=known)
        raise ScinerError(message)
    return copy_encoder(
        encoder["name"],
        out,
        sha256=encoder.get("sha256"),
        keep_layers=encoder.get("keep_layers", 0),
    )
