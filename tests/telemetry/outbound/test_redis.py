"""Commands to a real Redis."""

import pytest
import redis
import redis.asyncio

pytestmark = pytest.mark.integration
SECRET = "a-value-nobody-should-see"


def own(spans):
    return [span for span in spans.all() if span.name != "work"]


def test_a_command_is_a_span_without_its_arguments(telemetry, spans, redis_port):
    with redis.Redis(port=redis_port) as client, telemetry.tracer.start_as_current_span("work") as work:
        client.set("user:7", SECRET)
        client.get("user:7")
    first, second = own(spans)
    assert (first.name, second.name) == ("SET", "GET")
    assert first.parent.span_id == work.get_span_context().span_id
    assert first.attributes["db.system.name"] == "redis"
    assert (first.attributes["server.address"], first.attributes["server.port"]) == ("localhost", redis_port)
    assert first.attributes["db.query.text"] == "SET ? ?"
    assert all(SECRET not in span.to_json() and "user:7" not in span.to_json() for span in spans.all())


async def test_the_asyncio_client_and_pipelines_too(telemetry, spans, redis_port):
    async with redis.asyncio.Redis(port=redis_port) as client:
        with telemetry.tracer.start_as_current_span("work"):
            await client.set("a", SECRET)
            async with client.pipeline() as pipeline:
                await pipeline.set("a", SECRET).get("a").execute()
    assert [span.name for span in own(spans)] == ["SET", "SET GET"]
    assert all(SECRET not in span.to_json() for span in spans.all())


def test_what_is_polled_outside_a_trace_makes_no_trace(telemetry, spans, redis_port):
    with redis.Redis(port=redis_port) as client:
        client.get("nothing")
    assert spans.all() == []


def test_a_command_that_fails_is_an_error(telemetry, spans, redis_port):
    with (
        redis.Redis(port=redis_port) as client,
        telemetry.tracer.start_as_current_span("work"),
        pytest.raises(redis.ResponseError),
    ):
        client.execute_command("NO-SUCH-COMMAND")
    assert own(spans)[0].status.status_code.name == "ERROR"
