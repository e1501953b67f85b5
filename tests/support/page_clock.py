"""A page whose clock stands still and goes on when a test says so: what takes a page minutes takes a test none."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from playwright.sync_api import BrowserContext, Page

T = TypeVar("T")
NOON = datetime(2026, 11, 23, 12)
STEP_MS = 250
LONGEST_MS = 120_000  # after which what a test waits for does not come

# What the page has begun and no clock hastens: requests, pictures that are decoded, the first picture of a film.
FOLLOW = """(() => {
  const { fetch, createImageBitmap: decode } = window;
  const pending = new Set();
  const follow = (promise) => {
    const ended = promise.then(() => {}, () => {}).then(() => pending.delete(ended));
    pending.add(ended);
    return promise;
  };
  window.fetch = (...asked) => follow(fetch(...asked));
  window.createImageBitmap = (...asked) => follow(decode(...asked));
  for (const name of ["json", "text", "blob"]) {
    const read = Response.prototype[name];
    Response.prototype[name] = function () { return follow(read.call(this)); };
  }
  const { decode: ready } = HTMLImageElement.prototype;
  HTMLImageElement.prototype.decode = function () { return follow(ready.call(this)); };
  const { play } = HTMLMediaElement.prototype;
  HTMLMediaElement.prototype.play = function () {
    const begun = play.call(this);
    const picture = () => new Promise((done) => this.requestVideoFrameCallback(done));
    follow(begun.then(() => (this.checkVisibility() && !this.paused ? picture() : null)));
    return begun;
  };
  const turn = () => new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { port1.close(); done(); };
    port2.postMessage(0);
  });
  window.settled = async () => {
    for (let quiet = 0; quiet < 3; quiet += 1) {
      if (pending.size) quiet = 0;
      await Promise.all(pending);
      await turn();
    }
  };
})()"""


def stop(context: BrowserContext, *, at: datetime = NOON) -> None:
    """Stop the clock of a context's pages, before one is opened."""
    context.add_init_script(FOLLOW)
    context.clock.install(time=at)
    context.clock.pause_at(at + timedelta(seconds=1))


def run(page: Page, milliseconds: float) -> None:
    """Run a page for so long, in steps at whose ends all that it has begun has ended."""
    left = milliseconds
    while left > 0:
        page.evaluate("settled()")
        page.clock.run_for(min(left, STEP_MS))
        left -= STEP_MS
    page.evaluate("settled()")


def run_until(page: Page, found: Callable[[], T], *, what: str, longest: float = LONGEST_MS) -> T:
    """Run a page until the answer is true, and return it; fail where that does not happen in time."""
    page.evaluate("settled()")
    for _ in range(round(longest / STEP_MS)):
        if answer := found():
            return answer
        run(page, STEP_MS)
    raise AssertionError(f"{what} did not happen within {longest / 1000:g} seconds of the page")
