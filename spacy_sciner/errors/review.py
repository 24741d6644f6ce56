"""Messages of what is raised around a person's review: a part of `Errors`."""

from .base import Coded


class ReviewErrors(metaclass=Coded):
    E250 = (
        "{path} is no record of what was shown ({reason}). It is written by `sciner review "
        "export`: take it from there again, or leave its folder out of --records."
    )
    E539 = (
        "The strategy disagreement needs pipelines that may disagree with {path}: no teachers in "
        "{looked}, and no other iteration. Set train.teachers to 2 or more and run `dvc repro "
        "train`, or choose another strategy."
    )
