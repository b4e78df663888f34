"""Delivery by amqtt, made to keep its promises.

amqtt 0.12 forgets a QoS 1 message when the subscriber does not acknowledge it within 5 s or disconnects
before; it loses messages it has acknowledged when their publisher disconnects; it looks up sessions, and
deletes them, before it has checked the password; it delivers wills and retained messages past the access
rules; and one client's connection takes over another's session by naming its client id. The classes here
replace those paths."""

import asyncio
from pathlib import Path
from typing import Any

from amqtt import broker as amqtt_broker
from amqtt.contexts import Action
from amqtt.errors import MQTTError
from amqtt.mqtt.connack import NOT_AUTHORIZED, ConnackPacket
from amqtt.mqtt.constants import QOS_0, QOS_1
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.session import OutgoingApplicationMessage, Session

from hub.embedded import mqtt_state
from hub.embedded.mqtt_access import Logins
from hub.embedded.mqtt_outbox import Outbox

WINDOW = 1000
"""Messages on their way to one subscriber at once; MQTT 3.1.1 lets a subscriber name no limit of its own."""


class Arrivals(asyncio.Queue[Any]):
    """Stands where amqtt queues what a client has published: the message is passed on before the client gets
    its acknowledgement, instead of waiting in a queue that ends with the connection."""

    def __init__(self, broker: "HubBroker", session: Session, handler: "HubHandler") -> None:
        super().__init__()
        self._broker, self._session, self._handler = broker, session, handler

    async def put(self, item: Any) -> None:
        arrived: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        arrived.set_result(item)
        if not await self._broker._handle_message_delivery(self._session, self._handler, arrived):
            await self._handler.handle_connection_closed()
            raise MQTTError("invalid topic")


class HubHandler(BrokerProtocolHandler):  # type: ignore[misc]
    """One client's connection."""

    def __init__(self, plugins_manager: Any, session: Session | None = None, loop: Any = None) -> None:
        super().__init__(plugins_manager, session, loop)
        self._live = False
        self._pump: asyncio.Task[None] | None = None

    @classmethod
    async def init_from_connect(cls, reader: Any, writer: Any, plugins_manager: Any, loop: Any = None) -> Any:
        """Checks password and will before any session is looked up; each user has client ids apart."""
        handler, session = await super().init_from_connect(reader, writer, plugins_manager, loop)
        logins: Logins = plugins_manager.app_context._broker_instance.logins
        allowed = logins.accept(session.username, session.password)
        if allowed and session.will_flag:
            allowed = logins.may_publish(session.username, session.will_topic or "")
        if not allowed:
            await ConnackPacket.build(0, NOT_AUTHORIZED).to_stream(writer)
            await writer.close()
            raise MQTTError("not authorised")
        session.client_id = f"{session.username}/{session.client_id}"
        return handler, session

    async def start(self) -> None:
        self._live = True
        await super().start()

    async def stop(self) -> None:
        self._live = False
        if self._pump is not None:
            self._pump.cancel()
        await super().stop()

    async def _retry_deliveries(self) -> None:
        """At the start of every connection: what was not acknowledged goes out again, in its old order."""
        self._pump = asyncio.create_task(self._deliver(again=list(self.session.inflight_out.values())))

    def wake(self) -> None:
        """Sends what is waiting, unless that is under way."""
        if self._live and (self._pump is None or self._pump.done()):
            self._pump = asyncio.create_task(self._deliver(again=[]))

    async def _deliver(self, again: list[OutgoingApplicationMessage]) -> None:
        for message in again:
            await self._send_packet(message.build_publish_packet(dup=True))
        session = self.session
        waiting = Outbox.of(session).waiting
        while self._live and waiting and len(session.inflight_out) < WINDOW:
            topic, data, retain = waiting.popleft()
            message = OutgoingApplicationMessage(session.next_packet_id, topic, QOS_1, data, retain)
            session.inflight_out[message.packet_id] = message
            await self._send_packet(message.build_publish_packet())

    async def send_unacknowledged(self, topic: str, data: bytes, retain: bool) -> None:
        """QoS 0."""
        if self._live:
            await self._send_packet(OutgoingApplicationMessage(None, topic, QOS_0, data, retain).build_publish_packet())

    async def handle_puback(self, puback: Any) -> None:
        self.session.inflight_out.pop(puback.variable_header.packet_id, None)
        self.wake()


class HubBroker(amqtt_broker.Broker):  # type: ignore[misc]
    """amqtt's broker with the hub's access rules and the handler above."""

    def __init__(self, config: dict[str, Any], logins: Logins, state: Path | None) -> None:
        super().__init__(config)
        self.logins = logins
        self._state = state
        self._errands: set[asyncio.Task[None]] = set()

    async def _start_listeners(self) -> None:
        if self._state is not None:
            mqtt_state.load(self, self._state)
        await super()._start_listeners()

    async def _authenticate(self, session: Session, _: Any) -> bool:
        return True  # checked by the handler, before it could touch a session

    async def _topic_filtering(self, session: Session, topic: str, action: Action) -> bool:
        if action is Action.PUBLISH:
            return self.logins.may_publish(session.username, topic)
        return self.logins.may_hear(session.username, topic)

    async def _initialize_client_session(self, *arguments: Any) -> tuple[HubHandler, Session]:
        handler, session = await super()._initialize_client_session(*arguments)
        session.delivered_message_queue = Arrivals(self, session, handler)
        return handler, session

    async def _handle_disconnect(self, client_session: Session, handler: HubHandler, waiter: Any) -> None:
        """A connection that was taken over must not mark its successor's session as disconnected."""
        if self._sessions.get(client_session.client_id, (None, None))[1] is handler:
            await super()._handle_disconnect(client_session, handler, waiter)
        else:
            await self._stop_handler(handler)

    async def add_subscription(self, subscription: tuple[str, int], session: Session) -> int:
        """QoS 2 is granted as 1: what the hub sends carries an id, and repeats have no effect."""
        topic_filter, qos = subscription
        return int(await super().add_subscription((topic_filter, min(qos, QOS_1)), session))

    async def _run_broadcast(self, _running: Any) -> None:
        """Passes on everything that has arrived, after waiting for the first message."""
        self.pass_on(await self._broadcast_queue.get())
        while not self._broadcast_queue.empty():
            self.pass_on(self._broadcast_queue.get_nowait())

    def pass_on(self, message: dict[str, Any]) -> None:
        topic, data = message["topic"], bytes(message["data"])
        for topic_filter, subscribers in self._subscriptions.items():
            if self._matches(topic, topic_filter):
                for session, qos in subscribers:
                    if self.logins.may_hear(session.username, topic):
                        self._hand_over(session, topic, data, qos, retain=False)

    async def quiesce(self) -> None:
        """Ends every connection and passes on what has arrived, so that nothing moves any more."""
        for server in self._servers.values():
            server.instance.close()
        for _, handler in list(self._sessions.values()):
            await self._stop_handler(handler)
        while not self._broadcast_queue.empty():
            self.pass_on(self._broadcast_queue.get_nowait())

    def _hand_over(self, session: Session, topic: str, data: bytes, qos: int, retain: bool) -> None:
        handler = self._sessions.get(session.client_id, (None, None))[1]
        if qos == QOS_0:
            if handler is not None:
                self._run_errand(handler.send_unacknowledged(topic, data, retain))
            return
        Outbox.of(session).waiting.append((topic, data, retain))
        if handler is not None:
            handler.wake()

    def _run_errand(self, errand: Any) -> None:
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _publish_session_retained_messages(self, session: Session) -> None:
        """amqtt's queue for absent clients is not used: the outbox is."""

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        """To this session's own filters only. Never waits: its caller walks what others change."""
        topic_filter, qos = subscription
        if not any(one.client_id == session.client_id for one, _ in self._subscriptions.get(topic_filter, [])):
            return
        for topic, kept in self._retained_messages.items():
            if self._matches(topic, topic_filter) and self.logins.may_hear(session.username, topic):
                self._hand_over(session, topic, bytes(kept.data), min(qos, QOS_1), retain=True)


def install() -> None:
    """Makes amqtt use our handler; it names the class in its own module."""
    amqtt_broker.BrokerProtocolHandler = HubHandler
