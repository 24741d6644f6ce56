"""Every message the package raises or warns with, coded.

E0xx tagging, confidence, selection · E1xx papers · E2xx corpus · E3xx models, pipeline, adapt ·
E4xx evaluation, report · E5xx command line, project. Warnings are W with the same ranges.
"""

from .base import ScinerError, ScinerWarning
from .errors import Errors
from .warnings import Warnings

__all__ = ["Errors", "ScinerError", "ScinerWarning", "Warnings"]
