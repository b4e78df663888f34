"""Errors that cross module borders. Each carries what a person needs to act."""


class HubError(Exception):
    """Base of the hub's own errors; its text is written for the person who reads it."""


class SettingsInvalid(HubError):
    """A setting has a wrong value; the text names it."""


class JournalChanged(HubError):
    """The database was fed from another journal; the text says what to do."""


class Unavailable(HubError):
    """Kafka or PostgreSQL does not answer now; trying again later is right, and nothing was taken."""


class TooMuch(Unavailable):
    """PostgreSQL has no room for a transaction of this size now; a smaller one may fit at once."""
