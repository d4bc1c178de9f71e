"""What a person does in the Prefect UI (its first version), for tests to read as such."""

import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit
from uuid import UUID

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Request, expect
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeout

SOON_MS = 60_000  # shared machines are slow
_WORD = "contains(concat(' ', @class, ' '), ' {} ')"
_LABEL = f"//span[{_WORD.format('schema-form-property__label')}]"
_FIELD = f"/ancestor::div[{_WORD.format('schema-form-property')}]"


class PrefectUi:
    """One tab of a browser at a server's UI; notes every address it asks anything of."""

    def __init__(self, page: Page, url: str, pictures: Path | None):
        self.page, self._url, self._pictures = page, url, pictures
        self.asked: set[str] = set()
        page.on("request", self._note)
        page.set_default_timeout(SOON_MS)

    def open(self, path: str) -> Self:
        self.page.goto(f"{self._url}/{path}")
        return self

    def sees(self, text: str, *, within_s: float = SOON_MS / 1000) -> Locator:
        """The first place where the text stands; fails where it does not appear."""
        place = self.page.get_by_text(text).locator("visible=true").first
        expect(place).to_be_visible(timeout=1000 * within_s)
        self._bring_into_view(place)
        return place

    def _bring_into_view(self, place: Locator) -> None:
        """Logs and tables are drawn anew while a run works, so the place may be another one by then."""
        for _ in range(5):
            try:
                return place.scroll_into_view_if_needed()
            except PlaywrightError as error:
                if "not attached" not in error.message:
                    raise
                self.page.wait_for_timeout(300)
        return place.scroll_into_view_if_needed()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).last.click()

    def choose_tab(self, name: str) -> None:
        self.page.locator("li.p-tab").get_by_text(name, exact=True).first.click()

    def picture(self, name: str) -> None:
        """Keep what the tab shows for the guide, where pictures are wanted."""
        if self._pictures is None:
            return
        self.page.wait_for_timeout(700)  # menus and charts glide into place
        shot = Image.open(io.BytesIO(self.page.screenshot()))
        shot.convert("RGB").save(self._pictures / f"{name}.webp", quality=82, method=6)

    # the form of a deployment, and the dialog of a run that waits for an answer

    def open_form(self, deployment_id: object) -> Self:
        self.open(f"deployments/deployment/{deployment_id}/run")
        self.page.locator(".schema-form-property__label").first.wait_for()
        return self

    def field(self, title: str) -> Locator:
        """The innermost field of that title, whether it must be filled or not."""
        titles = f"[normalize-space()='{title}' or normalize-space()='{title} (Optional)']"
        return self.page.locator(f"xpath=({_LABEL}{titles}{_FIELD})[last()]")

    def fill(self, values: Mapping[str, object]) -> None:
        for title, value in values.items():
            self.field(title).locator("textarea, input").first.fill(str(value))

    def choose(self, title: str, option: str) -> None:
        """One of the choices of a field."""
        self.field(title).locator(".p-select-button__icon").click()  # the rest of it opens and shuts at once
        self.page.locator(".p-select-option").get_by_text(option, exact=True).first.click()

    def submit(self) -> UUID:
        """The run that was started; its page is open now."""
        self.press("Submit")
        self.page.wait_for_url("**?tab=Runs")  # the deployment's page, to which the UI goes by itself
        self.page.get_by_text("View run").last.click()
        self.page.wait_for_url("**/flow-run/*")
        return UUID(urlsplit(self.page.url).path.rpartition("/")[2])

    def refusal(self) -> str:
        """What the UI says of a form that it did not take."""
        toast = self.page.locator(".p-toast__info").last
        toast.wait_for()
        return toast.inner_text().strip()

    def close_refusal(self) -> None:
        """Unless it has gone by itself."""
        with suppress(PlaywrightTimeout):
            self.page.locator(".p-toast__card, .p-toast-container__toast").get_by_role("button").last.click(
                timeout=3000
            )

    # the page of a run

    def open_run(self, run_id: object) -> Self:
        return self.open(f"runs/flow-run/{run_id}")

    def sees_state(self, name: str, *, within_s: float = SOON_MS / 1000) -> None:
        badge = self.page.locator(".state-badge").get_by_text(name, exact=True).first
        expect(badge).to_be_visible(timeout=1000 * within_s)

    def open_artifact(self, key: str) -> None:
        """From the run's page."""
        self.choose_tab("Artifacts")
        self.page.locator(".flow-run-artifacts").get_by_text(key, exact=True).first.click()
        self.page.locator(".artifact-header, h1, .page-heading").first.wait_for()

    def pictures_shown(self) -> list[tuple[int, int]]:
        """Width and height in pixels of every picture inside the page's text that the browser could draw."""
        images = self.page.locator("article img")
        expect(images.first).to_be_visible(timeout=SOON_MS)
        sizes: Iterable[list[int]] = images.evaluate_all(
            "all => all.map(each => [each.naturalWidth, each.naturalHeight])"
        )
        return [(width, height) for width, height in sizes if width]

    def _note(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob"):
            self.asked.add(address.hostname or address.scheme)


@contextmanager
def opened_ui(browser: Browser, url: str, pictures: Path | None) -> Iterator[PrefectUi]:
    """A tab; fails at its end where it asked anything of another machine than this one."""
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    tab = PrefectUi(page, url, pictures)
    try:
        yield tab
    finally:
        page.close()
    assert tab.asked == {"127.0.0.1"}
