"""Uses the chat page in a browser, with the real model and with replies written beforehand."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, Route, expect, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOSTILE = """# Title <script>window.hacked = 1</script>

<script>window.hacked = 2</script>
<img src=x onerror="window.hacked = 3">
[click](javascript:window.hacked=4) [site](https://example.org/a) **bold** `a < b`

1. one
2. two

```html
<script>window.hacked = 5</script>
```

| a | b |
|---|---|
| 1 | 2 |
"""
SHOWN = """Three fruits, with **one** in bold:

1. Apple
2. Banana
3. Cherry

```python
print("fruit".upper())
```
"""


def browser() -> str:
    """Returns the browser's command."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path:
            return path
    sys.exit("No Chromium was found; install one (apt-get install chromium).")


def chunk(text: str) -> str:
    """Returns an event that adds a text."""
    return f"data: {json.dumps({'choices': [{'delta': {'content': text}}]})}\n\n"


def written(page: Page, text: str) -> None:
    """Makes the next replies be this text."""
    usage = {
        "completion_tokens": 42,
        "extra": {"decode_tokens_per_s": 123.4, "ttft_s": 0.05},
    }
    body = "".join(chunk(text[i : i + 7]) for i in range(0, len(text), 7))
    body += f"data: {json.dumps({'choices': [], 'usage': usage})}\n\ndata: [DONE]\n\n"

    def answer(route: Route) -> None:
        route.fulfill(status=200, content_type="text/event-stream", body=body)

    page.unroute_all()
    page.route("**/v1/chat/completions", answer)


def send(page: Page, text: str) -> None:
    """Sends a message."""
    page.fill("#prompt", text)
    page.press("#prompt", "Enter")


def real_reply(page: Page) -> None:
    """Streams a reply of the real model, with the parameters of the settings."""
    page.click("summary")
    page.fill("#temperature", "0")
    page.fill("#max_tokens", "30")
    page.click("summary")
    send(page, "Name the capital of France.")
    reply = page.locator("article.assistant").last
    expect(reply).to_contain_text("Paris", timeout=60_000)
    expect(page.locator("#status")).to_have_text(
        re.compile(r"\d+ tokens, [\d.]+ tokens/s, first after [\d.]+ s"), timeout=60_000
    )
    send(page, "And of Italy?")
    expect(page.locator("article.assistant")).to_have_count(2, timeout=60_000)
    expect(page.locator("#send")).to_be_visible(timeout=60_000)


def stop(page: Page) -> None:
    """Stops a long reply, which grows before and not after."""
    page.click("#new")
    page.click("summary")
    page.fill("#max_tokens", "4000")
    page.click("summary")
    send(page, "Tell me a very long story.")
    reply = page.locator("article.assistant").last
    expect(reply).to_contain_text(re.compile(r"\w+ \w+ \w+ \w+"), timeout=60_000)
    page.click("#stop")
    expect(page.locator("#status")).to_have_text("Stopped.")
    expect(page.locator("#send")).to_be_visible()
    text = reply.inner_text()
    page.wait_for_timeout(700)
    assert reply.inner_text() == text


def markdown(page: Page) -> None:
    """Renders Markdown, and runs nothing that is in it."""
    page.click("#new")
    written(page, HOSTILE)
    send(page, "Attack.")
    reply = page.locator("article.assistant").last
    expect(reply.locator("td").last).to_have_text("2")
    assert page.evaluate("() => window.hacked") is None
    assert reply.locator("script, img").count() == 0
    assert "<script>window.hacked = 2</script>" in reply.inner_text()
    links = reply.locator("a")
    assert links.count() == 1
    assert links.first.get_attribute("href") == "https://example.org/a"
    assert reply.locator("strong").inner_text() == "bold"
    assert reply.locator("code").first.inner_text() == "a < b"
    assert reply.locator("ol li").count() == 2
    assert "window.hacked = 5" in reply.locator("pre code").inner_text()


def refusal(page: Page) -> None:
    """Shows what the server refuses."""
    page.unroute_all()
    page.click("#new")
    page.click("summary")
    page.fill("#max_tokens", "0")
    page.click("summary")
    send(page, "Hello.")
    expect(page.locator("article.error")).to_contain_text("max_tokens")


def picture(page: Page, file: Path) -> None:
    """Keeps a picture, and checks that a phone's screen is wide enough."""
    page.click("#new")
    page.click("summary")
    page.fill("#max_tokens", "")
    page.fill("#temperature", "")
    page.click("summary")
    written(page, SHOWN)
    send(page, "Name three fruits.")
    expect(page.locator("article.assistant pre")).to_be_visible()
    expect(page.locator("#status")).to_have_text("42 tokens, 123.4 tokens/s, first after 0.05 s")
    for width in (320, 360):
        page.set_viewport_size({"width": width, "height": 640})
        page.click("summary")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        expect(page.locator("#prompt")).to_be_in_viewport()
        expect(page.locator("#send")).to_be_in_viewport()
        page.click("summary")
    page.set_viewport_size({"width": 800, "height": 560})
    page.screenshot(path=file)


def main() -> None:
    """Runs against the address and the key of the command line, and keeps a picture."""
    url, key, file = sys.argv[1:4]
    outside: list[str] = []
    broken: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=FLAGS)
        page = chromium.new_page(viewport={"width": 800, "height": 560})
        page.on(
            "request",
            lambda r: None if r.url.startswith((url, "data:")) else outside.append(r.url),
        )
        page.on("pageerror", lambda e: broken.append(str(e)))
        page.goto(url)
        expect(page.locator("#status")).to_contain_text("Authorization")
        page.fill("#key", key)
        page.press("#key", "Tab")
        expect(page.locator("#model option")).to_have_count(2)
        page.click("summary")
        for check in (real_reply, stop, markdown, refusal):
            check(page)
            print("ok", check.__name__, flush=True)
        picture(page, Path(file))
        print("ok picture", flush=True)
        chromium.close()
    assert not outside, outside
    assert not broken, broken


if __name__ == "__main__":
    main()
