"""axe-core, and what it finds on a page."""

from importlib.resources import files

from playwright.sync_api import Page

NARROW = 320  # pixels: WCAG 2.2, 1.4.10
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
VIOLATIONS = {"resultTypes": ["violations"]}
ALL = VIOLATIONS | {
    "rules": {"target-size": {"enabled": True}}
}  # what axe has, and what it leaves out unless it is asked for


def axe(page: Page, options: object) -> list[str]:
    """Return what axe finds, with the elements."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    violations = page.evaluate("(options) => axe.run(document, options)", options)["violations"]
    return [f"{each['id']}: {[node['html'][:160] for node in each['nodes']]}" for each in violations]


def check(page: Page, width: int) -> None:
    """Check that axe finds nothing on a page, and that it is no wider than its window."""
    assert axe(page, ALL) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
