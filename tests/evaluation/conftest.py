"""Words, not texts."""

import pytest


@pytest.fixture(autouse=True)
def _words(no_exceptions: None) -> None:
    """Documents of these tests are words already."""
