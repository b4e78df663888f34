"""Errors that cross module borders. Each carries what a person needs to act."""


class HubError(Exception):
    """Base of the hub's own errors; its text is written for the person who reads it."""


class SettingsInvalid(HubError):
    """A setting has a wrong value; the text names it."""


class Unavailable(HubError):
    """Kafka or PostgreSQL does not answer now; trying again later is right, and nothing was taken."""
