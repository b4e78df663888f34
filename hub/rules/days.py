"""Days as sentences have them."""

from datetime import date


def in_words(day: date) -> str:
    """Such as 4 May 2026."""
    return f"{day.day} {day:%B %Y}"
