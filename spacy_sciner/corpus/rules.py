"""What is done with annotations that cannot be used as they are: the rules, by name.

Every application of a rule is counted in `corpus/_report.json` with up to five examples. A rule
costs the span, tag or line that it names and never the rest of the document.

Rule                  Case                                                 What happens
--------------------  ---------------------------------------------------  ----------------------
unknown-label         its label is not in the corpus' labels               span set aside
label-spelling        its label is one of the corpus' but for capitals,    that one taken
                      blanks, - or _
bad-offsets           not two integers inside the text, start before end   span set aside
zero-length           no character, or none that shows anything            span set aside
shifted               its own text is not at its offsets, but at one     that one taken
                      other place in the paragraph, and only there
ambiguous-text        its own text is not at its offsets, but at two or    span set aside
                      more other places
text-mismatch         its own text is nowhere in the paragraph             span set aside
discontinuous-joined  its fragments are apart by whitespace only           joined
discontinuous         its fragments have words between them                their tokens unknown
trimmed               whitespace or punctuation at its ends left out       repaired
                      brings it to token boundaries; tokens at its
                      ends that show nothing
snapped               it starts or ends inside a token                     grown to whole tokens
duplicate             the same tokens and label twice                      second set aside
overlap               shares a token with a longer one, or with an         its other tokens
                      earlier one of the same length                       unknown
orphan-i              I- (E-, L-) with no entity of its label open, in a   begins an entity
                      scheme where entities begin with B-
unclosed              IOBES or BILOU entity without its end tag            kept as far as it goes
invalid-tag           not a tag, such as `[CLS]`                           token unknown
bad-line              a line with a column missing or too many, or that    first column is the
                      is not JSON, or not a BRAT annotation                token; else line left out
comment-line          `# …` in a CoNLL file that is no token               line left out
header-row            names of columns in a CoNLL file                     line left out
byte-order-mark       U+FEFF where a CoNLL file was joined to another      left out
half-character        half of a UTF-16 pair alone (`\\ud835`)              read as U+FFFD
extra-annotation      the same text annotated by another person: ground    kept aside for
                      truth, else the first one in the file, is used; of   `agree`
                      one person's answers the last
same-text             the same text again in one file                      kept
in-held-out           a train paragraph that is, is a part of, or holds    paragraph left out
                      a paragraph of dev, test or calibration
not-accepted          a task that the annotator skipped or rejected        paragraph left out
unannotated           nobody has worked on it yet                          paragraph left out
address               the text is an address or a path                     paragraph left out
no-text               no text, or no token in it                           paragraph left out
markup                tags or entities of HTML in the text: no offset      kept, as it stands
                      tells that its visible text was annotated
other-file            a file in a folder that is not of the format         file left out
"""

from collections import Counter
from typing import TYPE_CHECKING, Dict, List, NamedTuple

if TYPE_CHECKING:
    from .annotated import Annotated

RULES = (
    "unknown-label",
    "label-spelling",
    "bad-offsets",
    "zero-length",
    "shifted",
    "ambiguous-text",
    "text-mismatch",
    "discontinuous-joined",
    "discontinuous",
    "trimmed",
    "snapped",
    "duplicate",
    "overlap",
    "orphan-i",
    "unclosed",
    "invalid-tag",
    "bad-line",
    "comment-line",
    "header-row",
    "byte-order-mark",
    "half-character",
    "extra-annotation",
    "same-text",
    "in-held-out",
    "not-accepted",
    "unannotated",
    "address",
    "no-text",
    "markup",
    "other-file",
)
MAX_EXAMPLES = 5
MAX_EXAMPLE_CHARS = 120


class Skipped(NamedTuple):
    """A text that a person skipped or rejected as a whole, or of which no annotation is left."""

    text: str
    annotator: str = ""
    time: str = ""


class Repairs:
    """Counts and first examples of each rule, for the report."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.units: Dict[str, str] = {}  # what offsets count, by file, where not code points
        self.rivals: Dict[str, str] = {}  # another way of counting that fits as well, by file
        self.extras: List[Annotated] = []  # second annotations of a text, for `agree`
        self.skipped: List[Skipped] = []
        self._examples: Dict[str, List[Dict[str, object]]] = {}

    def add(self, rule: str, *, file: str, paragraph: object, text: str) -> None:
        """Count one application of a rule.

        paragraph (object): Where: "paper/number", or the number of a line.
        """
        if rule not in RULES:
            raise KeyError(rule)
        self.counts[rule] += 1
        examples = self._examples.setdefault(rule, [])
        if len(examples) < MAX_EXAMPLES:
            short = text if len(text) <= MAX_EXAMPLE_CHARS else text[:MAX_EXAMPLE_CHARS] + "…"
            examples.append({"file": file, "paragraph": paragraph, "text": short})

    def to_dict(self) -> Dict[str, Dict[str, object]]:
        """Rules that were applied, in the order of the table above."""
        return {
            rule: {"count": self.counts[rule], "examples": self._examples[rule]}
            for rule in RULES
            if rule in self._examples
        }
