"""Answers as files, one for each request: asked once, and whole or absent after any kill."""

import hashlib
import json
from pathlib import Path
from typing import Any, Dict, NamedTuple, Optional

from ..corpus.formats.sniff import load_json
from ..files import write_json
from .prompts import Messages


class Request(NamedTuple):
    """All that an answer depends on. The address is no part of it, and no key ever is."""

    model: str
    messages: Messages
    parameters: Dict[str, Any]

    @property
    def key(self) -> str:
        """SHA-256 of the model, the prompt as it is written, and the parameters."""
        content = json.dumps(self._asdict(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode("utf8", "surrogatepass")).hexdigest()


class Reply(NamedTuple):
    """An answer as it came, readable or not."""

    content: str
    finish_reason: str  # "length": it was cut off at max_tokens
    tokens_in: int  # as the server counts them; 0 if it does not say
    tokens_out: int


class AnswerCache:
    """A folder with `<first two characters of the key>/<key>.json`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, request: Request) -> Path:
        key = request.key
        return self.folder / key[:2] / f"{key}.json"

    def load(self, request: Request) -> Optional[Reply]:
        try:
            record = load_json(self.path(request).read_text(encoding="utf8"))
            reply = Reply(**record["reply"])
        # Absent, or damaged by another program: it is asked again.
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return reply if list(map(type, reply)) == [str, str, int, int] else None

    def save(self, request: Request, reply: Reply) -> None:
        """The question stands beside the answer, so that a person can read what was asked."""
        record = {"request": request._asdict(), "reply": reply._asdict()}
        write_json(self.path(request), record)
