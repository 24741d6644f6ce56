"""What a knob is: a meaning, a unit, and a type that says its range in words.

The types are used by the tree and by whatever else takes such a value as an argument, so that a
range stands in one place.
"""

from typing import Annotated, Any, Dict, Literal, NamedTuple, Optional, Tuple, Union

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, WrapValidator


class Expected(NamedTuple):
    """What a value has to be, in words: "a number", "in [0, 1]"."""

    kind: str
    range: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.range}".strip()


class Section(BaseModel):
    """A part of the tree. It never changes; `replaced` gives another one."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    def replaced(self, **changes: Any) -> Any:
        """The same with other values, checked like the first. RAISES: pydantic.ValidationError."""
        return type(self)(**{**dict(self), **changes})


def knob(meaning: str, *, unit: str = "", default: Any = ...) -> Any:
    """A field of a section.

    default: Only of what may be left out. Every other value stands in params.yaml and nowhere else.
    """
    return Field(default, description=meaning, json_schema_extra={"unit": unit} if unit else None)


# A 0 stays 0 and does not become 0.0, since settings go into a pipeline's config as they are.
_AS_WRITTEN = WrapValidator(lambda value, check: (check(value), value)[1])
_Real = Annotated[float, Field(strict=True, allow_inf_nan=False)]
_Int = Annotated[int, Field(strict=True)]

Share = Annotated[_Real, Field(ge=0, le=1), _AS_WRITTEN, Expected("a number", "in [0, 1]")]
OpenShare = Annotated[_Real, Field(gt=0, lt=1), Expected("a number", "in (0, 1)")]
Decay = Annotated[_Real, Field(ge=0, lt=1), _AS_WRITTEN, Expected("a number", "in [0, 1)")]
Rate = Annotated[_Real, Field(gt=0, lt=1), Expected("a number", "in (0, 1)")]
Exponent = Annotated[
    _Real, Field(ge=0.001, le=1), _AS_WRITTEN, Expected("a number", "in [0.001, 1]")
]
Power = Annotated[_Real, Field(ge=1), _AS_WRITTEN, Expected("a number", "of 1 or more")]
Amount = Annotated[_Real, Field(ge=0), _AS_WRITTEN, Expected("a number", "of 0 or more")]
Seconds = Annotated[_Real, Field(gt=0), _AS_WRITTEN, Expected("a number", "above 0")]
Count = Annotated[_Int, Field(ge=0), Expected("a whole number", "of 0 or more")]
Positive = Annotated[_Int, Field(ge=1), Expected("a whole number", "of 1 or more")]
BatchSize = Annotated[
    Union[Annotated[_Int, Field(ge=1)], Literal["auto"]],
    Expected("auto or a whole number of 1 or more"),
]
# spaCy hands the seed to NumPy, which takes 32 bits.
Seed = Annotated[_Int, Field(ge=0, lt=2**32), Expected("a whole number", "from 0 to 4294967295")]
Switch = Annotated[bool, Field(strict=True), Expected("true or false")]
Text = Annotated[str, Field(min_length=1), Expected("text", "(quote what looks like a number)")]
Texts = Annotated[
    Tuple[Text, ...], Expected("a list of texts", "(quote those that look like numbers)")
]
Address = Annotated[
    str,
    Field(pattern="^https?://."),
    Expected("an address", "such as http://localhost:8070"),
]
Checksum = Annotated[
    str,
    Field(pattern="^[0-9a-f]{64}$"),
    Expected("a SHA-256", "of 64 digits from 0 to f"),
]


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


# `prev: 0` is as good as `prev: "0"`.
Number = Annotated[
    str,
    BeforeValidator(_as_text),
    Field(pattern="^(0|[1-9][0-9]*)$"),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+$"}]}
    ),
    Expected("an iteration's number", "such as 0"),
]
Gamma = Union[Share, Dict[str, Optional[Share]]]
