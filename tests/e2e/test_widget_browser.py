"""The chat button on another site: whatever the site does to its document, one button stays and opens the chat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.e2e.chat_page import WAIT_MS, OpenPage, embedded
from tests.http_server import Answer, Recorded, serve
from tests.peers import StreamingModel
from tests.product import Product

if TYPE_CHECKING:
    from playwright.sync_api import Frame, Page

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


LOADER = "const s = document.createElement('script'); s.src = '{src}'; {more} document.head.append(s);"
PAGES = {
    "async": '<body><h1>A shop</h1><script src="{src}" async></script>',
    "defer": '<head><script src="{src}" defer></script></head><body><h1>A shop</h1>',
    "in the head, without a body yet": '<head><script src="{src}"></script></head><body><h1>A shop</h1>',
    "module": '<body><h1>A shop</h1><script type="module" src="{src}"></script>',
    "loader": "<body><h1>A shop</h1><script>" + LOADER.replace("{more}", "") + "</script>",
    "loader of a module": "<body><h1>A shop</h1><script>"
    + LOADER.replace("{more}", "s.type = 'module';")
    + "</script>",
    "twice": '<body><script src="{src}"></script><h1>A shop</h1><script src="{src}?again" async></script>',
}
STRICT = (
    "default-src 'none'; style-src 'none'; script-src {origin}; frame-src {origin}; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


@pytest.fixture(scope="module", autouse=True)
def allowed(product: Product, site: tuple[str, dict[str, Answer]]) -> None:
    allow = f"from bots.models import Bot; Bot.objects.filter(slug='demo').update(allowed_origins=['{site[0]}'])"
    product.manage("shell", "-v", "0", "-c", allow)


@pytest.fixture(autouse=True)
def plain_model(model: StreamingModel) -> None:
    model.pause_s = 0.0
    model.answers = {"": "All right, **noted**."}


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[str, dict[str, Answer]]]:
    """A web site: its origin, and its pages by path, which tests fill in."""
    pages: dict[str, Answer] = {}

    def answer(request: Recorded) -> Answer:
        return pages.get(request.path, Answer(404, b""))

    with serve(answer) as server:
        yield server.url.replace("127.0.0.1", "localhost"), pages


def html(body: str, headers: dict[str, str] | None = None) -> Answer:
    return Answer(200, f"<!doctype html>{body}".encode(), {"Content-Type": "text/html"} | (headers or {}))


def buttons(page: Page) -> int:
    return page.locator("clawdbot-chat").count()


def open_chat(page: Page) -> Frame:
    page.locator("clawdbot-chat").wait_for(state="attached", timeout=WAIT_MS)
    page.mouse.click(1000 - 48, 800 - 48)  # the button is in a closed shadow root
    chat = embedded(page)
    chat.locator('.state[data-state="online"]').wait_for(timeout=WAIT_MS)
    return chat


@pytest.fixture
def visit(product: Product, site: tuple[str, dict[str, Answer]], open_page: OpenPage) -> Callable[..., Page]:
    origin, pages = site
    src = f"{product.url}/chat/demo/embed.js"

    def open_one(body: str, headers: dict[str, str] | None = None) -> Page:
        pages["/"] = html(body.replace("{src}", src), headers)
        return open_page(origin, viewport={"width": 1000, "height": 800})

    return open_one


@pytest.mark.parametrize("body", PAGES.values(), ids=PAGES.keys())
def test_however_the_script_is_loaded_there_is_one_button(visit: Callable[..., Page], body: str) -> None:
    page = visit(body)
    open_chat(page)
    assert buttons(page) == 1


def test_code_that_a_bundle_evaluates_finds_its_server(
    product: Product, site: tuple[str, dict[str, Answer]], visit: Callable[..., Page], open_page: OpenPage
) -> None:
    source = open_page(f"{product.url}/chat/demo/embed.js").inner_text("pre")
    site[1]["/bundle.js"] = Answer(200, f"(0, eval)({source!r});".encode(), {"Content-Type": "text/javascript"})
    page = visit('<body><h1>A shop</h1><script src="/bundle.js"></script>')
    open_chat(page)
    assert buttons(page) == 1


def test_a_strict_policy_of_the_site_is_enough_for_the_button(product: Product, visit: Callable[..., Page]) -> None:
    policy = {"Content-Security-Policy": STRICT.replace("{origin}", product.url)}
    page = visit('<body><h1>A shop</h1><script src="{src}" async></script>', policy)
    broken: list[str] = []
    page.on("console", lambda line: broken.append(line.text) if line.type == "error" else None)
    page.reload()
    open_chat(page)
    assert [text for text in broken if "favicon" not in text and "404" not in text] == []


# What routers and frameworks do to a document when the visitor goes on.
NEW_BODY = "Object.assign(document.createElement('body'), { innerHTML: '<h1>Two</h1>' })"
NAVIGATIONS = {
    "Turbo: a new body": f"document.body.replaceWith({NEW_BODY})",
    "pjax: new content of the body": "document.body.innerHTML = '<h1>Two</h1>'",
    "new content of the document": "document.documentElement.innerHTML = '<body><h1>Two</h1></body>'",
    "a new document element": f"""(() => {{ const html = document.createElement("html");
        html.append({NEW_BODY}); document.replaceChild(html, document.documentElement); }})()""",
    "document.write": """(() => { document.open(); document.write("<!doctype html><body><h1>Two</h1>");
        document.close(); })()""",
    "a framework that removes what it does not know": "document.querySelector('clawdbot-chat')?.remove()",
}
ASYNC = '<body><h1>One</h1><script src="{src}" async></script>'


@pytest.mark.parametrize("change", NAVIGATIONS.values(), ids=NAVIGATIONS.keys())
def test_the_button_survives_what_a_site_does_to_its_document(visit: Callable[..., Page], change: str) -> None:
    page = visit(ASYNC)
    page.locator("clawdbot-chat").wait_for(state="attached", timeout=WAIT_MS)
    for _time in range(3):
        page.evaluate(change)
        page.locator("clawdbot-chat").wait_for(state="attached", timeout=WAIT_MS)
    chat = open_chat(page)
    chat.locator("#text").fill("hello")
    chat.locator("#send").click()
    chat.locator(".message.assistant:not(.streaming)").wait_for(timeout=WAIT_MS)
    chat.locator("#text").press("Escape")
    chat.locator("#text").wait_for(state="hidden", timeout=WAIT_MS)
    assert buttons(page) == 1


def test_an_open_chat_goes_on_when_the_body_is_replaced(visit: Callable[..., Page]) -> None:
    page = visit(ASYNC)
    chat = open_chat(page)
    chat.locator("#text").fill("half a thought")
    chat.evaluate("window.same = true")
    page.evaluate(NAVIGATIONS["Turbo: a new body"])
    page.wait_for_timeout(300)
    assert chat.evaluate("window.same") is True
    assert chat.locator("#text").input_value() == "half a thought"
    assert chat.locator("#text").is_visible()


def test_an_open_chat_comes_back_with_its_draft_when_the_document_is_replaced(visit: Callable[..., Page]) -> None:
    page = visit(ASYNC)
    chat = open_chat(page)
    chat.locator("#text").fill("hello")
    chat.locator("#send").click()
    chat.locator(".message.assistant:not(.streaming)").wait_for(timeout=WAIT_MS)
    chat.locator("#text").fill("half a thought")
    page.evaluate(NAVIGATIONS["a new document element"])
    page.wait_for_timeout(500)
    again = embedded(page)
    again.locator('.state[data-state="online"]').wait_for(timeout=WAIT_MS)
    assert again.locator("#text").input_value() == "half a thought"
    assert again.locator(".message.user .bubble").all_inner_texts() == ["hello"]


def test_a_router_that_runs_the_script_again_makes_no_second_button(
    product: Product, visit: Callable[..., Page]
) -> None:
    """Turbo puts a copy of the old body back and runs the scripts in it again."""
    page = visit(ASYNC)
    open_chat(page)
    page.evaluate(
        """async (src) => {
             document.body.append(document.querySelector("clawdbot-chat").cloneNode(true));
             const script = Object.assign(document.createElement("script"), { src });
             const loaded = new Promise((done) => (script.onload = done));
             document.body.append(script);
             await loaded;
             document.querySelector("html > clawdbot-chat").remove(); }""",
        f"{product.url}/chat/demo/embed.js",
    )
    page.locator("html > clawdbot-chat").wait_for(state="attached", timeout=WAIT_MS)
    assert buttons(page) == 1


def test_a_visitor_of_the_site_keeps_the_conversation_over_pages_and_tabs(visit: Callable[..., Page]) -> None:
    """This browser denies storage to frames of other sites, as private windows do: the site's page keeps the token."""
    page = visit(ASYNC)
    chat = open_chat(page)
    denied = "(() => { try { return !localStorage; } catch { return true; } })()"
    assert chat.evaluate(denied) is True
    chat.locator("#text").fill("hello")
    chat.locator("#send").click()
    chat.locator(".message.assistant:not(.streaming)").wait_for(timeout=WAIT_MS)
    chat.locator("#text").fill("half a thought")
    page.reload()
    chat = open_chat(page)
    assert chat.locator(".message.user .bubble").all_inner_texts() == ["hello"]
    assert chat.locator("#text").input_value() == "half a thought"

    tab = page.context.new_page()
    tab.set_viewport_size({"width": 1000, "height": 800})
    tab.goto(page.url)
    other = open_chat(tab)
    assert other.locator(".message.user .bubble").all_inner_texts() == ["hello"]
    assert other.locator("#text").input_value() == ""
    other.locator("#text").fill("and again")
    other.locator("#send").click()
    chat.locator(".message.user", has_text="and again").wait_for(timeout=WAIT_MS)
    assert page.evaluate("Object.keys(localStorage).some((key) => key.endsWith(':clawdbot:demo:visitor'))") is True


def test_two_tabs_of_the_site_opened_at_once_are_one_visitor(visit: Callable[..., Page]) -> None:
    first = visit(ASYNC)
    second = first.context.new_page()
    second.set_viewport_size({"width": 1000, "height": 800})
    second.goto(first.url)
    for page in (first, second):
        page.locator("clawdbot-chat").wait_for(state="attached", timeout=WAIT_MS)
        page.evaluate("0")
    for page in (first, second):
        page.mouse.click(1000 - 48, 800 - 48)
    chats = [embedded(page) for page in (first, second)]
    for chat in chats:
        chat.locator('.state[data-state="online"]').wait_for(timeout=WAIT_MS)
    chats[0].locator("#text").fill("hello")
    chats[0].locator("#send").click()
    for chat in chats:
        chat.locator(".message.assistant:not(.streaming)").wait_for(timeout=WAIT_MS)


def test_the_site_can_take_the_chat_away_for_good(visit: Callable[..., Page]) -> None:
    page = visit(ASYNC)
    page.locator("clawdbot-chat").wait_for(state="attached", timeout=WAIT_MS)
    page.evaluate("document.querySelector('clawdbot-chat').end()")
    page.evaluate(NAVIGATIONS["Turbo: a new body"])
    page.wait_for_timeout(400)
    assert buttons(page) == 0
