"""The `adapt` stage: an encoder in, a local encoder out."""

from pathlib import Path
from typing import Any, Dict

from ..errors import Errors, ScinerError
from ..files import replacing
from ..models.encoders import TEACHER, copy_encoder
from ..params import check_keys

METHODS = ("none",)
SETTINGS = ("name", "sha256", "keep_layers")


def make_encoder(encoder: Dict[str, Any], adapt: Dict[str, Any], *, out: Path) -> Dict[str, Any]:
    """Put the configured encoder into a folder of its own, that of the teachers inside.

    encoder (dict): "name", and optionally "sha256" and "keep_layers"; "teacher" is None or another
        such dict.
    adapt (dict): "method": "none" takes the encoder as it is.
    RETURNS (dict): What the encoder is: model_type, layers, hidden_size, parameters, sha256; of the
        teachers' the same under "teacher".
    RAISES (ScinerError): SCINER-E302 for an unknown method, SCINER-E210 for an unknown setting;
        SCINER-E304, E305, E311.
    """
    if adapt["method"] not in METHODS:
        known = ", ".join(METHODS)
        message = Errors.E302.format(name="adapt.method", value=adapt["method"], known=known)
        raise ScinerError(message)
    teacher = encoder.get("teacher")
    check_keys(encoder, (*SETTINGS, "teacher"), where="`encoder`")
    with replacing(out) as temporary:
        facts = _copy(encoder, temporary)
        if teacher:
            check_keys(teacher, SETTINGS, where="`encoder.teacher`")
            facts["teacher"] = _copy(teacher, temporary / TEACHER)
    return facts


def _copy(encoder: Dict[str, Any], out: Path) -> Dict[str, Any]:
    return copy_encoder(
        encoder["name"],
        out,
        sha256=encoder.get("sha256"),
        keep_layers=encoder.get("keep_layers", 0),
    )
