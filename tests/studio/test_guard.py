"""The guard: foreign hosts, foreign pages and missing tokens are kept out, and our own page is let in."""

import httpx
import pytest

from nst_jax.studio.guard import COOKIE, host_name, is_loopback
from tests.studio.conftest import opened

pytestmark = pytest.mark.anyio
ORDER = {"seed": 1}


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:7860", "localhost", "[::1]:7860", "LOCALHOST:8000"])
async def test_our_own_names_are_answered_on_any_port(studio, host):
    """A tunnel of ssh has another port at the user's end."""
    assert (await studio.get("/api/state", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "localhost@evil.example", "", "localhost:x",
     "localhost/evil", "127.0.0.1#", "[::2]:7860"],
)  # fmt: skip
async def test_foreign_hosts_are_refused_everywhere(studio, host):
    for address in ("/", "/api/state", "/static/index.html"):
        answer = await studio.get(address, headers={"Host": host})
        assert answer.status_code == 400, address
        assert "error" in answer.json()


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:7860"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "null"},
        {"Origin": "file://"},
    ],
)
async def test_foreign_pages_are_refused(studio, headers):
    assert (await studio.post("/api/experiments", json=ORDER, headers=headers)).status_code == 403
    for address in ("/api/events", "/api/state", "/api/pictures"):
        assert (await studio.get(address, headers=headers)).status_code == 403
    for method in ("PATCH", "DELETE", "PUT", "OPTIONS"):
        assert (await studio.request(method, "/api/jobs/x", headers=headers)).status_code == 403
    # Links from anywhere may lead to a page.
    assert (await studio.get("/", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:7860"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://127.0.0.1:7860"},
    ],
)
async def test_our_own_page_and_programs_are_let_in(studio, headers):
    assert (await studio.post("/api/experiments", json=ORDER, headers=headers)).status_code == 201
    assert (await studio.get("/api/state", headers=headers)).status_code == 200


async def test_every_answer_tells_the_browser_what_it_may_do(studio):
    for address in ("/", "/api/state", "/nothing", "/static/index.html"):
        headers = (await studio.get(address)).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == policy["style-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"]


async def test_a_mistake_of_ours_is_a_sentence_and_its_traceback_is_in_the_log_only(studio, monkeypatch, caplog):
    monkeypatch.setattr(type(studio.context.jobs), "present", lambda _: 1 / 0)
    answer = await studio.get("/api/state")
    assert (answer.status_code, answer.json()["error"]) == (
        500,
        "Something went wrong in the studio; its log.txt says what.",
    )
    assert "ZeroDivisionError" in caplog.text
    assert answer.headers["content-security-policy"]


async def test_with_a_token_nothing_is_answered_without_it(tmp_path):
    async with opened(tmp_path, token="secret-word", hosts=("10.1.2.3",)) as studio:
        headers = {"Host": "10.1.2.3:7860"}
        for address in (
            "/",
            "/api/state",
            "/static/index.html",
            "/api/state?token=secret-word",
            "/?token=no",
            "/?token=",
        ):
            answer = await studio.get(address, headers=headers)
            assert answer.status_code == 401, address
            assert "secret" not in answer.text
        assert (await studio.post("/api/experiments", json=ORDER, headers=headers)).status_code == 401
        entered = await studio.get("/?token=secret-word&seed=3", headers=headers)
        assert (entered.status_code, entered.headers["location"]) == (303, "/?seed=3")
        cookie = entered.headers["set-cookie"]
        assert cookie.startswith(f"{COOKIE}=secret-word;")
        assert "HttpOnly" in cookie
        assert "samesite=strict" in cookie.lower()
        inside = headers | {"Cookie": f"{COOKIE}=secret-word"}
        assert (await studio.get("/api/state", headers=inside)).status_code == 200
        for wrong in (f"{COOKIE}=secret-wor", f"{COOKIE}=", "x=secret-word", f"{COOKIE}=\u00e9"):
            answer = await studio.get("/api/state", headers=headers | {"Cookie": wrong.encode("latin-1")})
            assert answer.status_code == 401


async def test_two_hosts_are_none(studio):
    request = httpx.Request("GET", "http://127.0.0.1:7860/", headers=[("Host", "localhost"), ("Host", "evil.example")])
    assert (await studio.send(request)).status_code == 400


def test_names_of_hosts():
    assert host_name("[::1]:80") == "::1"
    assert host_name("Name.Example.:1") == "name.example"
    assert host_name("a:99999") == host_name("a b@c") == host_name("[::1") == ""
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.0.1", "localhost.example", "")))
