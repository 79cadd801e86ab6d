"""The matrix in a browser: a click opens, a drag tries and writes nothing, a lasso ticks rows."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Somebody

#: Where a bubble stands on the screen, and its key: the one furthest from all others, so that nothing covers it.
SPOT = """() => {
  const area = document.querySelector('.matrix-chart .chart-area');
  const chart = echarts.getInstanceByDom(area), box = area.getBoundingClientRect();
  const points = JSON.parse(document.getElementById('matrix-data').textContent).points;
  const spots = points.map(({ key, x, y }) => ({ key, at: chart.convertToPixel('grid', [x, y]) }));
  const far = (a, b) => Math.hypot(a.at[0] - b.at[0], a.at[1] - b.at[1]);
  const free = (a) => Math.min(1e9, ...spots.filter((b) => b !== a).map((b) => far(a, b)));
  const best = spots.sort((a, b) => free(b) - free(a))[0];
  return { key: best.key, x: box.x + best.at[0], y: box.y + best.at[1] };
}"""


def opened(somebody: Somebody) -> Page:
    page = somebody("ada", width=1440)
    page.goto("/p/SHOW/matrix/")
    expect(page.locator(".matrix-chart svg").first).to_be_visible()
    page.locator(".matrix-chart").scroll_into_view_if_needed()
    return page


def test_click_drag_and_lasso(somebody: Somebody) -> None:
    page = opened(somebody)
    spot = page.evaluate(SPOT)
    page.mouse.move(spot["x"], spot["y"])
    page.mouse.down()
    page.mouse.move(spot["x"] + 2, spot["y"] - 40, steps=5)
    page.mouse.up()
    region = page.locator("#what-if")
    expect(region).to_contain_text(spot["key"])
    expect(region).to_contain_text("Nothing has been changed.")
    expect(page.locator("#side-panel")).to_be_empty()
    region.locator("[data-matrix-reset]").click()
    expect(region).to_be_empty()

    spot = page.evaluate(SPOT)
    page.mouse.click(spot["x"], spot["y"])
    expect(page.locator("#side-panel")).to_contain_text(spot["key"].split("-")[0])
    assert f"item={spot['key']}" in page.url
    page.keyboard.press("Escape")

    page.locator("[data-mode=lasso]").click()
    page.locator(".matrix-chart").scroll_into_view_if_needed()
    spot = page.evaluate(SPOT)
    corners = [(-24, -24), (24, -24), (24, 24), (-24, 24), (-24, -22)]
    page.mouse.move(spot["x"] + corners[0][0], spot["y"] + corners[0][1])
    page.mouse.down()
    for across, up in corners[1:]:
        page.mouse.move(spot["x"] + across, spot["y"] + up, steps=6)
    page.mouse.up()
    box = page.locator(f".matrix-table [data-select][value='{spot['key']}']")
    expect(box).to_be_checked()


def test_without_script_the_table_and_the_form_do_it(somebody: Somebody) -> None:
    page = somebody("ada", java_script_enabled=False)
    page.goto("/p/SHOW/matrix/")
    page.get_by_role("link", name="What if").first.click()
    page.select_option("select[name=axis]", "effort")
    page.fill("input[name=value]", "2")
    page.get_by_role("button", name="Try").click()
    expect(page.locator(".what-if")).to_contain_text("Nothing has been changed.")
