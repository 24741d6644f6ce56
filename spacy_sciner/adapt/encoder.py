"""The `adapt` stage: an encoder in, a local encoder out."""

from pathlib import Path
from typing import Any, Dict

from ..files import replacing
from ..models.encoders import TEACHER, copy_encoder
from ..settings.tree import Encoder, EncoderSource


def make_encoder(encoder: Encoder, *, out: Path) -> Dict[str, Any]:
    """Put the configured encoder into a folder of its own, that of the teachers inside.

    RETURNS (dict): What the encoder is: model_type, layers, hidden_size, parameters, sha256; of the
        teachers' the same under "teacher".
    RAISES (ScinerError): SCINER-E304, E305, E311.
    """
    with replacing(out) as temporary:
        facts = _copy(encoder, temporary)
        if encoder.teacher:
            facts["teacher"] = _copy(encoder.teacher, temporary / TEACHER)
    return facts


def _copy(source: EncoderSource, out: Path) -> Dict[str, Any]:
    return copy_encoder(source.name, out, sha256=source.sha256, keep_layers=source.keep_layers)
