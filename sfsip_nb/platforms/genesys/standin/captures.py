"""SIP traces as a capture: asked for, ready a while later, and served from another host.

That host knows no token, only the signature in the address, and refuses a request that comes with
both, as Amazon S3 does.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from starlette.responses import Response

from sfsip_nb.sip import TraceEntry, Transport, pcap
from sfsip_nb.testbed.web import ApiRefusal, ApiRequest, Endpoint, Reply
from sfsip_nb.testbed.world import Json

from .errors import missing, not_found
from .objects import body
from .records import moment, traced

_READY_SECONDS = 2.0
_FILES = "/genesys-files"
_DATES = ("dateStart", "dateEnd")
_TRANSPORTS: dict[str, Transport] = {"tcp": "tcp", "tls": "tls"}


def _ask(asked: ApiRequest) -> Json:
    query = body(asked)
    for field in _DATES:
        if not query.get(field):
            raise missing(field)
        moment(str(query[field]), field)
    id_ = asked.world.new_id()
    asked.world.keep("captures", id_, query)
    asked.world.appear_late(id_, _READY_SECONDS)
    return {"downloadId": id_, "documentId": f"{id_}.pcap"}


def _address(asked: ApiRequest) -> Reply:
    id_ = asked.path["id"]
    if id_ not in asked.world.records["captures"]:
        raise not_found("download", id_)
    if not asked.world.visible(id_):
        return Reply(202, {"id": id_})
    # Another host by name: nothing that belongs to the API's goes along with a request to it.
    host = asked.origin.replace("127.0.0.1", "localhost")
    return Reply(200, {"id": id_, "url": f"{host}{_FILES}/{id_}?X-Amz-Signature={_sign(asked)}"})


def _sign(asked: ApiRequest) -> str:
    key, id_ = asked.world.stamp_key, asked.path["id"]
    return hmac.new(key.encode(), id_.encode(), "sha256").hexdigest()


def _file(asked: ApiRequest) -> Response:
    given = parse_qs(urlsplit(asked.url).query).get("X-Amz-Signature", [""])[0]
    if "authorization" in asked.headers:
        raise ApiRefusal(400, {"Code": "InvalidArgument"})
    if not hmac.compare_digest(given, _sign(asked)):
        raise ApiRefusal(403, {"Code": "SignatureDoesNotMatch"})
    query = asked.world.records["captures"][asked.path["id"]]
    start, end = (moment(str(query[field]), field) for field in _DATES)
    entries = [_entry(record) for record in traced(asked.world, start, end, query)]
    return Response(pcap.dump(entries), media_type="application/vnd.tcpdump.pcap")


def _entry(record: Json) -> TraceEntry:
    source, target = (
        (str(record.get(f"{end}Ip") or "0.0.0.0"), int(record.get(f"{end}Port") or 0))
        for end in ("source", "destination")
    )
    at, data = datetime.fromisoformat(record["date"]), str(record["msg"]).encode()
    transport = _TRANSPORTS.get(str(record.get("proto")), "udp")
    return TraceEntry(at, "sent", transport, source, target, data, str(record.get("callid")), "")


def open_to_all(asked: ApiRequest, endpoint: Endpoint) -> None:
    """No gate: the signature in the address lets a request in."""


DOWNLOADS = "/api/v2/telephony/siptraces/download"
ENDPOINTS = [
    Endpoint("POST", DOWNLOADS, _ask, ("telephony:pcap:add",), reads=True),
    Endpoint("GET", f"{DOWNLOADS}/{{id}}", _address, ("telephony:pcap:view",)),
]
FILES = [Endpoint("GET", f"{_FILES}/{{id}}", _file)]
