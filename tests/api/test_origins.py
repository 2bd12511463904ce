"""Where secrets may go: every region's own hosts, and nothing that only looks like one."""

from __future__ import annotations

import pytest

from sfsip_nb.api.origins import own
from sfsip_nb.inputs import facts
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.platforms.genesys import regions as genesys
from sfsip_nb.platforms.talkdesk import regions as talkdesk

REAL = [
    *(("genesys.api", region.api) for region in genesys.regions().values()),
    *(("genesys.login", region.login) for region in genesys.regions().values()),
    *(("talkdesk.api", region.api) for region in talkdesk.regions().values()),
    *(("talkdesk.login", region.login("acme-2")) for region in talkdesk.regions().values()),
    *(("synthflow", region.api) for region in facts.synthflow_regions().values()),
]


@pytest.mark.parametrize(("name", "url"), REAL)
def test_every_regions_hosts_are_the_platforms_own(name: str, url: str) -> None:
    assert own(name, url, live=True) == url
    with pytest.raises(InputError, match="stays on this machine"):
        own(name, url, live=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080/synthflow/us",
        "http://localhost:8080",
        "http://[::1]:8080",
        "https://127.1.2.3",
    ],
)
def test_this_machine_is_for_the_testbed_alone(url: str) -> None:
    assert own("talkdesk.login", url, live=False) == url
    with pytest.raises(InputError, match="of the platform's own"):
        own("talkdesk.login", url, live=True)


@pytest.mark.parametrize("name", ["genesys.api", "genesys.login", "talkdesk.login", "synthflow"])
@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/.talkdeskid.com",
        "https://evil.example#.talkdeskid.com",
        "https://evil.example?.talkdeskid.com",
        "https://evil.example\\.talkdeskid.com",
        "https://evil.example:8443/.talkdeskid.com",
        "https://acme.talkdeskid.com@evil.example",
        "https://acme@evil.example",
        "https://user@acme.talkdeskid.com",
        "https://acme.talkdeskid.com:8443",
        "http://acme.talkdeskid.com",
        "http://api.us.synthflow.ai/v2",
        "http://api.usw2.pure.cloud",
        "ftp://api.usw2.pure.cloud",
        "//api.usw2.pure.cloud",
        "https://api.us.synthflow.ai./v2",
        "https://api.us.synthflow.ai.evil.example/v2",
        "https://evilapi.synthflow.ai",
        "https://a.b.talkdeskid.com",
        "https://talkdeskid.com",
        "https://acme.talkdeskid.com.evil.example",
        "https://eviltalkdeskid.com",
        "https://pure.cloud",
        "https://evilpure.cloud",
        "https://api.mypurecloud.com.evil.example",
        "https://api.mypurecloud.evil",
        "https://\uff41cme.talkdeskid.example",
        "https://acme.talkdeskid。com.example",
        "https://127.0.0.1.evil.example",
        "https://2130706433",
        "https://0.0.0.0",
        "https://169.254.169.254",
        "https://",
        "https:///x",
        "",
        "https://a b.talkdeskid.com",
        "https://a\n.talkdeskid.com",
        "https://[::1",
    ],
)
def test_what_is_not_the_platforms_own_gets_no_secret(name: str, url: str) -> None:
    for live in (True, False):
        with pytest.raises(InputError) as caught:
            own(name, url, live=live)
        assert str(caught.value).isprintable()


def test_one_platforms_secret_does_not_go_to_another() -> None:
    for name, url in REAL:
        for other in {"genesys", "talkdesk", "synthflow"} - {name.partition(".")[0]}:
            with pytest.raises(InputError):
                own(other, url, live=True)
