"""Call records: served as they were written, filtered as Genesys Cloud filters."""

from io import BytesIO
from typing import Any

from sfsip_nb.engine.clock import until
from sfsip_nb.platforms.genesys.standin.telephony.records import keep_message
from sfsip_nb.sip.evidence import capture
from tests.testbed.testbed_bench import EDGES, Bench, code

DETAILS = "/api/v2/analytics/conversations/details/query"
DAY = "2026-11-20T00:00:00.000Z/2026-11-21T00:00:00.000Z"


def conversation(id_: str, hour: int, dnis: str, **segment: Any) -> dict[str, Any]:
    start = f"2026-11-20T{hour:02}:00:00.000Z"
    session = {
        "mediaType": "voice",
        "direction": "inbound",
        "ani": "tel:+15550100123",
        "dnis": dnis,
        "segments": [{"segmentType": "interact", "segmentStart": start, **segment}],
    }
    participant = {"participantId": f"p-{id_}", "purpose": "customer", "sessions": [session]}
    return {"conversationId": id_, "conversationStart": start, "participants": [participant]}


def ask(bench: Bench, *predicates: dict[str, str], **more: Any) -> list[str]:
    filters = [{"type": "and", "predicates": list(predicates)}] if predicates else []
    query = {"interval": DAY, "segmentFilters": filters, **more}
    answer = bench.genesys.post(DETAILS, json=query).json()
    return [c["conversationId"] for c in answer.get("conversations", [])]


def test_conversations_by_interval_number_and_queue(bench: Bench) -> None:
    for made in (
        conversation("a", 10, "tel:+15551230001"),
        conversation("b", 11, "tel:+15551230090", queueId="q", sipResponseCodes=[410]),
    ):
        bench.on_loop(bench.world.keep, "conversations", made["conversationId"], made)
    assert ask(bench, order="desc") == ["b", "a"]
    assert ask(bench, {"dimension": "queueId", "value": "q"}) == ["b"]
    assert ask(bench, {"dimension": "sipResponseCode", "value": "410"}) == []
    assert ask(bench, {"dimension": "dnis", "value": "tel:+15551230001"}) == ["a"]
    # The prefix is part of the stored value; without it nothing matches.
    assert ask(bench, {"dimension": "dnis", "value": "+15551230001"}) == []
    assert ask(bench, interval="2026-11-20T10:30:00Z/2026-11-20T12:00:00Z") == ["b"]
    assert ask(bench, paging={"pageSize": 1, "pageNumber": 2}) == ["b"]
    assert bench.world.writes == []


def test_no_conversation_means_no_list(bench: Bench) -> None:
    assert bench.genesys.post(DETAILS, json={"interval": DAY}).json() == {"totalHits": 0}
    assert bench.genesys.post(DETAILS, json={}).status_code == 400
    too_large = {"interval": DAY, "paging": {"pageSize": 101, "pageNumber": 1}}
    assert code(bench.genesys.post(DETAILS, json=too_large)) == (400, "invalid.value")


def test_traces_need_both_dates_and_filter_by_call(bench: Bench) -> None:
    for call_id, minute in (("one", 1), ("two", 2)):
        record = {
            "date": f"2026-11-20T10:0{minute}:00.000Z",
            "callid": call_id,
            "conversationId": "c",
            "msg": f"INVITE sip:+1555@x SIP/2.0\r\nFrom: <sip:{call_id}>\r\nTo: <sip:b>\r\n\r\n",
        }
        bench.on_loop(keep_message, bench.world, record)
    path = "/api/v2/telephony/siptraces"
    dates = {"dateStart": "2026-11-20T10:00:00.000Z", "dateEnd": "2026-11-20T11:00:00.000Z"}
    assert bench.genesys.get(path, params={"dateStart": dates["dateStart"]}).status_code == 400
    assert bench.genesys.get(path, params=dates).json()["count"] == 2
    (found,) = bench.genesys.get(path, params=dates | {"callId": "two"}).json()["data"]
    assert found["microTs"] == found["milliTs"] + "000"


def test_a_capture_is_ready_a_while_later_and_takes_no_token(bench: Bench) -> None:
    text = "INVITE sip:+1555@x SIP/2.0\r\nFrom: <sip:a>\r\nTo: <sip:b>\r\nCall-ID: {}\r\n\r\n"
    for call_id in ("one", "two"):
        ends = {"sourceIp": "203.0.113.10", "destinationIp": "198.51.100.7", "sourcePort": "5060"}
        record = {"date": "2026-11-20T10:01:00.000Z", "callid": call_id, **ends}
        bench.on_loop(keep_message, bench.world, record | {"msg": text.format(call_id)})
    path = "/api/v2/telephony/siptraces/download"
    wanted = {"dateStart": "2026-11-20T10:00:00.000Z", "dateEnd": "2026-11-20T11:00:00.000Z"}
    assert bench.genesys.post(path, json={"callId": "two"}).status_code == 400
    id_ = bench.genesys.post(path, json=wanted | {"callId": "two"}).json()["downloadId"]
    assert bench.genesys.get(f"{path}/{id_}").status_code == 202
    bench.on_loop(bench.world.appear_late, id_, 0)
    url = until(lambda: bench.genesys.get(f"{path}/{id_}").json().get("url"), bool, 5, "")
    assert not url.startswith(bench.origin)
    fetch = bench.client("").get
    assert fetch(url, headers={"Authorization": "Bearer any"}).status_code == 400
    assert fetch(url[:-1] + "x").status_code == 403
    (entry,) = capture.read(BytesIO(fetch(url).content)).entries
    assert entry.call_id == "two"
    assert bench.genesys.get(f"{path}/unknown").status_code == 404
    assert bench.world.writes == []


def test_media_statistics_and_load(bench: Bench) -> None:
    leg = {"communicationId": "leg", "mediaStatistics": [{"rtp": {"packetsReceived": 5}}]}
    bench.on_loop(bench.world.keep, "media", "c", {leg["communicationId"]: leg})
    bench.on_loop(bench.world.keep, "conversations", "c", conversation("c", 10, "tel:+1"))
    path = f"{EDGES}/mediastatistics/conversations/"
    assert bench.genesys.get(path + "c").json()["entities"] == [leg]
    assert bench.genesys.get(path + "other").json()["entities"] == []
    load = bench.genesys.get("/api/v2/telephony/calls/metrics").json()
    assert (load["concurrentCallCount"], load["maxCallCapacity"]) == (1, 300)
