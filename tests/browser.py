"""Pages in a real browser, without a network."""

import json
import re
import shutil

import pytest


def start(folder):
    """Starts Chromium, headless, with its profile in `folder`."""
    webdriver = pytest.importorskip("selenium.webdriver")
    browser, driver = map(shutil.which, ("chromium", "chromedriver"))
    if not browser or not driver:
        pytest.skip("no Chromium with its driver")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        f"--user-data-dir={folder}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


class Visit:
    """A page in the browser, and what may be asked of it."""

    def __init__(self, chromium, path, width=1200, scheme="light"):
        self.chromium = chromium
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
        chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        chromium.get_log("browser"), chromium.get_log("performance")
        chromium.get(path.as_uri())

    def ask(self, script, *arguments):
        return self.chromium.execute_script(f"return {script}", *arguments)

    def find(self, selector):
        return self.chromium.find_elements("css selector", selector)

    def errors(self):
        """What the browser has complained of since the page was opened."""
        return self.chromium.get_log("browser")

    def requests(self):
        """The addresses that were asked for, but for those of data within the page."""
        events = [
            json.loads(entry["message"])["message"]
            for entry in self.chromium.get_log("performance")
        ]
        requested = (
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        )
        return {url for url in requested if not url.startswith(("data:", "blob:"))}

    def is_dark(self):
        """Whether the page has light letters on dark."""
        back, text = (
            sum(map(int, re.findall(r"\d+", self.ask(f"getComputedStyle(document.body).{what}"))))
            for what in ("backgroundColor", "color")
        )
        return back < text
