"""Each fault of an API changes what that API answers, and nothing else is needed to see it."""

from collections.abc import Callable

import pytest

from sfsip_nb.inputs import samples
from tests.testbed.testbed_bench import EDGES, Bench

INBOUND = f"/assistants/{samples.SYNTHFLOW_ASSISTANT_ID}"


def ten(get: Callable[[], int]) -> set[int]:
    return {get() for _ in range(10)}


def late(bench: Bench) -> int:
    """Read a new trunk after longer than it hides otherwise."""
    made_before = len(bench.world.systems["genesys"]["trunks"])
    trunk = bench.trunk(f"Trunk {made_before}")
    made = bench.genesys.post(f"{EDGES}/trunkbasesettings", json=trunk).json()
    bench.world._visible_from[made["id"]] -= 0.1
    return bench.genesys.get(f"{EDGES}/trunkbasesettings/{made['id']}").status_code


def created(bench: Bench) -> int:
    trunk = bench.trunk(trunk_sip_termination_uri="synthflow-acme")
    return bench.genesys.post(f"{EDGES}/trunkbasesettings", json=trunk).status_code


def conversations(bench: Bench) -> int:
    bench.world.keep(
        "conversations",
        "c-1",
        {
            "conversationId": "c-1",
            "conversationStart": "2026-11-21T10:00:00.000Z",
            "participants": [{"purpose": "customer", "sessions": [{"ani": "tel:+15550100123"}]}],
        },
    )
    query = {"interval": "2026-11-21T09:00:00.000Z/2026-11-21T11:00:00.000Z"}
    answer = bench.genesys.post("/api/v2/analytics/conversations/details/query", json=query)
    return int(answer.json()["totalHits"])


def version(bench: Bench) -> str:
    found = bench.synthflow.get(INBOUND).json()["response"]["assistants"][0]
    return str(found["voice_engine_version"])


@pytest.mark.parametrize(
    ("fault", "ask", "usual", "broken"),
    [
        ("genesys.bad-credentials", lambda b: b.token().status_code, 200, 401),
        ("genesys.token-rate-limit", lambda b: b.token().status_code, 200, 400),
        ("genesys.slow-visibility", late, 200, 404),
        ("genesys.identifier-taken", created, 200, 400),
        (
            "genesys.unavailable",
            lambda b: ten(lambda: b.genesys.get("/api/v2/flows").status_code),
            {200},
            {200, 503},
        ),
        (
            "genesys.no-permission-traces",
            lambda b: b.genesys.get("/api/v2/telephony/siptraces").status_code,
            400,
            403,
        ),
        (
            "genesys.no-permission-call-routes",
            lambda b: b.genesys.get("/api/v2/architect/ivrs").status_code,
            200,
            403,
        ),
        (
            "genesys.no-permission-analytics",
            lambda b: b.genesys.get(f"{EDGES}/mediastatistics/conversations/none").status_code,
            200,
            403,
        ),
        ("genesys.late-records", conversations, 1, 0),
        ("synthflow.bad-key", lambda b: b.synthflow.get("/assistants/").status_code, 200, 401),
        (
            "synthflow.rate-limit",
            lambda b: ten(lambda: b.synthflow.get("/assistants/").status_code),
            {200},
            {200, 429},
        ),
        ("synthflow.old-assistant", version, "2.0", "1.0"),
    ],
)
def test_fault(
    bench: Bench, fault: str, ask: Callable[[Bench], object], usual: object, broken: object
) -> None:
    bench.world.set_fault(fault)
    assert ask(bench) == broken
    bench.world.set_fault(fault, False)
    assert ask(bench) == usual
