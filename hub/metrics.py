"""Counters and gauges for Prometheus. No label ever holds personal data or an id."""

from prometheus_client import Counter, Gauge, Histogram

ANSWERS = Counter("hub_answers_total", "Answers to messages at the doors", ("door", "code"))
CONNECTIONS_REFUSED = Counter("hub_connections_refused_total", "Connections beyond those that the HTTP door holds")
REGISTERED = Counter("hub_registered_total", "Messages that had their effect, by outcome", ("outcome",))
BATCH_SECONDS = Histogram("hub_batch_seconds", "Time from the start of a registration batch to its commit")
LAG = Gauge("hub_journal_lag", "Journal messages that are not yet registered", ("topic", "partition"))
PUBLISHED = Counter("hub_published_total", "Messages published by the relay", ("kind",))
OUTBOX_WAITING = Gauge("hub_outbox_waiting", "Outbox rows that are not yet published")
REVIEW_OPEN = Gauge("hub_review_open", "Questions for people that are open", ("kind",))
REVIEW_OLDEST = Gauge("hub_review_oldest_seconds", "Age of the oldest open question for people", ("kind",))
REVIEW_DECIDED = Gauge("hub_review_decided_last_day", "Questions that people have decided within 24 hours")
ENQUIRIES = Counter("hub_enquiries_total", "Places asked about at the enquiry service, by outcome", ("outcome",))
ENQUIRIES_WAITING = Gauge("hub_enquiries_waiting", "Places without a settled meter point that are asked about")
ENQUIRIES_OVERDUE = Gauge("hub_enquiries_overdue", "Those that wait for longer than the policy finds right")
QUARANTINED = Counter("hub_quarantined_total", "Messages set aside by the registration", ("code",))
CLOCKS = Counter("hub_clocks_total", "Days that have passed without the message that was due, by kind", ("kind",))
