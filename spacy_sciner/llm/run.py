"""Paragraphs annotated by a language model, whatever it answers: written, counted, reported."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

from ..corpus.annotated import LLM
from ..corpus.concepts import read_concepts
from ..corpus.formats.jsonl import ANNOTATOR_KEYS
from ..corpus.offsets import UNKNOWN_LABEL
from ..corpus.pool import PoolParagraph
from ..errors import Errors, ScinerError
from ..files import fingerprint, write_json, write_text
from .answers import Answer, closed_spans, read_answer
from .cache import AnswerCache, Reply, Request
from .client import Endpoint, ask_all
from .prompts import SEPARATOR, closed_prompt, open_prompt

# What servers say of an answer that has no end of its own.
CUT_OFF = ("length", "max_tokens", "model_length", "content_filter", "safety", "recitation")


@dataclass(frozen=True)
class Question:
    """How a paragraph is put to the model, and what its answer becomes."""

    model: str
    parameters: Dict[str, Any]
    meanings: Optional[Mapping[str, str]] = None  # of each label; None: open-ended

    def request(self, paragraph: PoolParagraph) -> Request:
        if self.meanings is None:
            messages = open_prompt(paragraph.text)
        else:
            messages = closed_prompt(paragraph.text, self.meanings)
        return Request(self.model, messages, self.parameters)

    def line(
        self, paragraph: PoolParagraph, answer: Answer, counts: Counter[str]
    ) -> Optional[Dict[str, Any]]:
        """What is written for a paragraph: concepts, or a task as Prodigy would export it.

        None for entities of which none is of a label that was asked for and stands in the text: a
        task would say that there is nothing. Where one was named that cannot be placed, or a line
        could not be read, nothing is known of the words outside the spans ("partial").
        """
        place: Dict[str, Any] = {
            "paper": paragraph.paper,
            "paragraph": paragraph.paragraph,
            "section": paragraph.section,
            "source": LLM,
        }
        if self.meanings is None:
            return {"text": paragraph.text, "entities": answer.rows, **place}
        spans, left_out = closed_spans(paragraph.text, answer.rows, self.meanings)
        n_entities = sum(span["label"] != UNKNOWN_LABEL for span in spans)
        counts.update(left_out, entities=n_entities)
        if answer.rows and not n_entities:
            return None
        if left_out.get("not found") or answer.is_malformed:
            counts["partial"] += 1
            place["partial"] = True
        return {"text": paragraph.text, "spans": spans, "answer": "accept", "meta": place}


@dataclass
class Outcome:
    """What became of the paragraphs."""

    lines: List[Dict[str, Any]] = field(default_factory=list)
    failed: List[Dict[str, Any]] = field(default_factory=list)  # paper, paragraph, reason
    malformed: List[Dict[str, Any]] = field(default_factory=list)  # …, answer, lines
    unusable: List[Dict[str, Any]] = field(default_factory=list)  # the same
    counts: Counter[str] = field(default_factory=Counter)

    def to_dict(self) -> Dict[str, Any]:
        lists = {"failed": self.failed, "malformed": self.malformed, "unusable": self.unusable}
        return {"counts": dict(self.counts), **lists}


def annotate(
    paragraphs: Sequence[PoolParagraph],
    question: Question,
    endpoint: Endpoint,
    *,
    cache: AnswerCache,
    out: Path,
    on_done: Callable[[], Any] = lambda: None,
) -> Outcome:
    """Ask about each paragraph what the cache does not know; write what was answered.

    An answer that cannot be read stays in the cache; a paragraph without an answer, or with one of
    which nothing can be read, or a closed one that was cut off or has no entity that can be used,
    is not written. `out` has a report beside it. Without anything to write it stays as it is.

    RAISES (ScinerError): SCINER-E353 if `out` is another program's; what `ask_all` raises.
    """
    check_out(out)
    requests = [question.request(paragraph) for paragraph in paragraphs]
    failed = ask_all(requests, endpoint, cache=cache, on_done=on_done)
    outcome = Outcome()
    for paragraph, request in zip(paragraphs, requests, strict=True):
        reply = cache.load(request)
        if reply is None:
            place = {"paper": paragraph.paper, "paragraph": paragraph.paragraph}
            outcome.failed.append({**place, "reason": failed.get(request.key, "not in the cache")})
        else:
            _take(outcome, question, paragraph, reply, answer_key=request.key)
    if outcome.lines:
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in outcome.lines)
        # Whichever of the two a kill leaves, it is ours.
        ours = [*_hashes(out), hashlib.sha256(text.encode("utf8")).hexdigest()]
        write_json(report_path(out), {"model": question.model, "sha256": ours})
        write_text(out, text)
        if question.meanings is None:
            outcome.counts.update(read_concepts(out).counts)
    told = {"model": question.model, "sha256": _hashes(out), **outcome.to_dict()}
    write_json(report_path(out), told)
    return outcome


def _hashes(out: Path) -> List[str]:
    return [fingerprint(out)] if out.is_file() else []


def _take(
    outcome: Outcome,
    question: Question,
    paragraph: PoolParagraph,
    reply: Reply,
    *,
    answer_key: str,
) -> None:
    answer = read_answer(reply.content)
    counts = outcome.counts
    counts.update({"answers": 1, "tokens in": reply.tokens_in, "tokens out": reply.tokens_out})
    is_cut_off = reply.finish_reason.lower() in CUT_OFF
    counts["cut off answers"] += is_cut_off
    counts["malformed answers"] += answer.is_malformed
    counts["unread lines"] += len(answer.unread)
    place = {"paper": paragraph.paper, "paragraph": paragraph.paragraph, "answer": answer_key}
    if answer.is_malformed:
        outcome.malformed.append({**place, "lines": answer.unread})
    if is_cut_off and question.meanings is not None:
        return  # of the words that it has not come to nothing is known, and a task would say O
    if not answer.rows and answer.is_malformed:
        return
    line = question.line(paragraph, answer, counts)
    if line is not None:
        outcome.lines.append(line)
        return
    counts["unusable answers"] += 1
    lines = [f" {SEPARATOR} ".join(row) for row in answer.rows]
    outcome.unusable.append({**place, "lines": lines})


def report_path(out: Path) -> Path:
    return out.with_name(f"{out.stem}.report.json")


def check_out(out: Path) -> None:
    """A run that goes on replaces its own file as it left it, and no other: no person's work.

    RAISES (ScinerError): SCINER-E353.
    """
    if not out.exists():
        return
    try:
        told = json.loads(report_path(out).read_text(encoding="utf8")).get("sha256")
    except (OSError, ValueError, AttributeError):
        told = None  # its own, from before there was a hash, or without its report
    if not (fingerprint(out) in told if isinstance(told, list) else _is_ours(out)):
        raise ScinerError(Errors.E353.format(path=out))


def _is_ours(out: Path) -> bool:
    try:
        with out.open(encoding="utf8") as file:
            records = [json.loads(line) for line in file]
        return all(
            LLM in (record.get("source"), record.get("meta", {}).get("source"))
            and not any(record.get(key) for key in ANNOTATOR_KEYS)
            for record in records
        )
    except (OSError, ValueError, AttributeError):
        return False
