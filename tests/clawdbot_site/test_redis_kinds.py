"""Every client of Redis works with TLS, on a Unix socket and with Sentinels, also after the master was killed."""

from __future__ import annotations

import asyncio
import gc
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.core.cache.backends.redis import RedisCache
from kombu import Connection

from clawdbot import redis_address
from clawdbot_site import storage
from tests import redis_servers
from tests.waiting import eventually

# channels_redis does not close all its connections at the end of an event loop; the product has one loop.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Lets what the clients leave open be collected here, where it may be, and not in a later test."""
    yield
    gc.collect()


def by_cache(url: str) -> bool:
    options = storage.cache(url)
    cache = RedisCache(options.pop("LOCATION"), options)
    value = uuid.uuid4().hex
    cache.set("a", value, 60)
    return bool(cache.get("a") == value)


def by_layer(url: str) -> bool:
    async def sent() -> bool:
        layer = RedisPubSubChannelLayer(**storage.channel_layer(url)["CONFIG"])
        channel = await layer.new_channel()
        await layer.group_add("g", channel)
        await layer.group_send("g", {"type": "x"})
        got = await asyncio.wait_for(layer.receive(channel), 10)
        await layer.flush()
        return bool(got == {"type": "x"})

    try:
        return asyncio.run(sent())
    finally:
        gc.collect()


def by_queue(url: str) -> bool:
    address, options, tls = storage.queue(url)
    value = uuid.uuid4().hex
    with Connection(address, transport_options=options, ssl=tls or False) as connection:
        queue = connection.SimpleQueue("tests")
        queue.put(value)
        while (message := queue.get(timeout=10)).payload != value:  # what an earlier try of this test sent
            message.ack()
        message.ack()
        queue.close()
    return True


def by_client(url: str) -> bool:
    with redis_address.connect(url, socket_timeout=2, socket_connect_timeout=2) as client:
        client.hset("h", "field", "value")
        return bool(client.hget("h", "field") == b"value")


CLIENTS: list[Callable[[str], bool]] = [by_cache, by_layer, by_queue, by_client]


@pytest.mark.parametrize("kind", [redis_servers.with_tls, redis_servers.on_a_socket])
def test_each_client_works(kind: Any) -> None:
    with kind() as url:
        assert [client(url) for client in CLIENTS] == [True] * len(CLIENTS)


def test_a_certificate_of_an_unknown_authority_is_refused() -> None:
    with redis_servers.with_tls() as url:
        unknown = url.partition("?")[0]
        for client in CLIENTS:
            with pytest.raises(Exception, match=r"(?i)certificate|CERTIFICATE_VERIFY_FAILED") as raised:
                client(unknown)
            assert redis_servers.PASSWORD not in str(raised.value)


def test_sentinels_lead_each_client_to_the_master_and_to_the_next_one() -> None:
    with redis_servers.with_sentinels() as replicated:
        eventually(lambda: _works(by_client, replicated.url))
        assert [client(replicated.url) for client in CLIENTS] == [True] * len(CLIENTS)
        time.sleep(3)  # the Sentinels find each other and the replica
        kept = redis_address.connect(replicated.url, socket_timeout=2, socket_connect_timeout=2)
        kept.ping()
        replicated.kill_first()
        eventually(lambda: _works(by_client, replicated.url))
        assert [client(replicated.url) for client in CLIENTS] == [True] * len(CLIENTS)
        assert kept.ping(), "a client that was connected to the former master finds the new one"


def _works(client: Callable[[str], bool], url: str) -> bool:
    try:
        return client(url)
    except Exception:
        return False
