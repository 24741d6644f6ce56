"""Label Studio's tasks as they are imported, and the labelling interface that they need."""

import json
from pathlib import Path
from typing import Any, Dict, Iterable, Optional, Sequence
from xml.sax.saxutils import quoteattr

from ...files import replacing, write_text
from ..annotated import UNKNOWN_LABEL
from .writing import Losses, Written, count_words, place_of

_CONTROL, _OBJECT = "label", "text"  # of the labelling configuration
_COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#17becf")


def write_label_studio(path: Path, paragraphs: Iterable[Written], *, losses: Losses) -> None:
    """Tasks to import: gold as annotations, predictions as predictions, with their scores.

    Writes the labelling configuration beside them, as <name>.config.xml.
    """
    write_versions(path, ([one] for one in count_words(paragraphs, losses)))


def write_versions(
    path: Path, tasks: Iterable[Sequence[Written]], *, labels: Iterable[str] = ()
) -> None:
    """The same with several versions of a paragraph in a task: annotations, and predictions.

    labels (Iterable[str]): In the configuration even if no task has them.
    """
    seen = dict.fromkeys(labels)
    with replacing(path) as temporary, temporary.open("w", encoding="utf8", newline="\n") as file:
        file.write("[")
        for n, versions in enumerate(tasks):
            seen.update(dict.fromkeys(span.label for one in versions for span in one.spans))
            file.write(",\n" if n else "\n")
            file.write(json.dumps(task_of(versions), ensure_ascii=False))
        file.write("\n]\n")
    write_text(path.with_suffix(".config.xml"), labelling_config(seen))


def labelling_config(labels: Iterable[str]) -> str:
    """What Label Studio asks for as a project's labelling interface."""
    names = sorted(set(labels) - {UNKNOWN_LABEL})
    lines = [
        f"    <Label value={quoteattr(name)} background={quoteattr(_COLOURS[i % len(_COLOURS)])}/>"
        for i, name in enumerate(names)
    ]
    lines.append(f'    <Label value={quoteattr(UNKNOWN_LABEL)} background="#bbbbbb"/>')
    return (
        f"<View>\n  <Labels name={quoteattr(_CONTROL)} toName={quoteattr(_OBJECT)}>\n"
        + "\n".join(lines)
        + f'\n  </Labels>\n  <Text name={quoteattr(_OBJECT)} value="$text"/>\n</View>\n'
    )


def task_of(versions: Sequence[Written]) -> Dict[str, Any]:
    """A task as it is imported, of one paragraph in several versions."""
    task: Dict[str, Any] = {"data": {"text": versions[0].text, **place_of(versions[0])}}
    for one in versions:
        text = one.text
        results = [
            task_result(text, s.start, s.end, s.label, name=f"s{n}", score=s.score)
            for n, s in enumerate(one.spans)
        ]
        if not one.predicted_by:
            task.setdefault("annotations", []).append({"result": results})
        elif not one.is_blank:
            prediction: Dict[str, Any] = {"model_version": one.predicted_by, "result": results}
            scores = [ent.score for ent in one.ents if ent.score is not None]
            if scores:  # tasks sorted by it begin with the least sure
                prediction["score"] = round(min(scores), 4)
            task.setdefault("predictions", []).append(prediction)
    return task


def task_result(
    text: str, start: int, end: int, label: str, *, name: str, score: Optional[float] = None
) -> Dict[str, Any]:
    """One region of a task: of an annotation, or of a prediction.

    start, end (int): In code points, as Label Studio's front end counts (1.23 does; those before
        2022 counted UTF-16 units).
    name (str): Of the region, once in its annotation.
    """
    value = {
        "start": start,
        "end": end,
        "text": text[start:end],
        "labels": [label],
    }
    result = {"id": name, "from_name": _CONTROL, "to_name": _OBJECT, "type": "labels"}
    return {**result, "value": value, **({} if score is None else {"score": round(score, 4)})}
