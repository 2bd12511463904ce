"""The calls report: a job that takes its time, then a file.

Source: docs.talkdesk.com/docs/calls-report, /reference/check-a-report-status. That asking for a
report needs a scope of its own is not confirmed; the testbed takes the stricter reading.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from sfsip_nb.platforms.talkdesk import faults
from sfsip_nb.testbed.web import ApiRequest, Endpoint, Reply, show
from sfsip_nb.testbed.world import Json

from .errors import invalid, not_found

_LONGEST = timedelta(days=31)
# From how many seconds of the real platform on a job has which status.
_COURSE = ((0.0, "created"), (4.0, "processing"), (12.0, "uploading"), (16.0, "done"))
_JOBS, _FILES = "/data/reports/calls/jobs", "/data/reports/calls/files"


def _create(asked: ApiRequest) -> Reply:
    body = asked.body if isinstance(asked.body, dict) else {}
    if body.get("format") != "json":
        raise invalid("format", "the testbed makes json only")
    span = body.get("timespan")
    start, end = (_moment(span, edge) for edge in ("from", "to"))
    if not timedelta(0) <= end - start <= _LONGEST:
        raise invalid("timespan", "must run forward, and over one month at most")
    world = asked.world
    job: Json = {
        "id": world.new_id(),
        "name": body.get("name") or "calls",
        "format": "json",
        "timespan": span,
        "timezone": body.get("timezone") or "UTC",
        "_created": time.time(),
        "_file": world.new_id(),
    }
    world.records["reports"][job["id"]] = job
    world.touch()
    return Reply(202, _shown(asked, job))


def _moment(span: Any, edge: str) -> datetime:
    try:
        moment = datetime.fromisoformat(span[edge])
    except (TypeError, KeyError, ValueError):
        raise invalid(f"timespan.{edge}", "must be a time in ISO 8601") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _status(asked: ApiRequest, job: Json) -> str:
    if asked.world.fault(faults.REPORT_STUCK):
        return "processing"
    passed = (time.time() - job["_created"]) * asked.world.time_scale
    return [status for since, status in _COURSE if passed >= since][-1]


def _shown(asked: ApiRequest, job: Json) -> Json:
    links = {"self": {"href": _base(asked) + f"{_JOBS}/{job['id']}"}}
    return {"job": {**show(job), "status": _status(asked, job)}, "_links": links}


def _base(asked: ApiRequest) -> str:
    return asked.url.partition("/data/")[0]


def _job(asked: ApiRequest) -> Any:
    job = asked.world.records["reports"].get(asked.path["id"])
    if job is None:
        raise not_found("Report job")
    if _status(asked, job) != "done":
        return _shown(asked, job)
    location = _base(asked) + f"{_FILES}/{job['_file']}"
    return Reply(303, _shown(asked, job), {"Location": location})


def _file(asked: ApiRequest) -> Json:
    jobs = asked.world.records["reports"].values()
    job = next((job for job in jobs if job["_file"] == asked.path["id"]), None)
    if job is None:
        raise not_found("Report file")
    start, end = (_moment(job["timespan"], edge) for edge in ("from", "to"))
    calls = asked.world.records["talkdesk_calls"].values()
    return {"entries": [show(c) for c in calls if start <= _moment(c, "start_at") <= end]}


ENDPOINTS = [
    Endpoint("POST", _JOBS, _create, ("data-reports:write",), reads=True),
    Endpoint("GET", _JOBS + "/{id}", _job, ("data-reports:read",)),
    Endpoint("GET", _FILES + "/{id}", _file, ("data-reports:read",)),
]
