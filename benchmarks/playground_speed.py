"""How often the playground redraws its 25 images while a slider is dragged.

    python benchmarks/playground_speed.py

For each network, with labels and without: writes the page, opens it in a headless
Chromium, and moves the first slider a step whenever all 25 images are drawn. Weights
are random: they take as long as trained ones, but for the zeros that a ReLU gives.
It needs Chromium, its driver, and the package selenium.
"""

import argparse
import pathlib
import sys
import tempfile

from machine import describe, print_table

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests"))

import browser
import numpy as np

from keras_gan import make_conditional, write_playground
from keras_gan.registry import NETWORKS

DRAG = """
const [seconds, done] = arguments;
const slider = document.getElementById("direction-1");
const times = [];
document.addEventListener("drawn", () => {
  times.push(performance.now());
  if (times.at(-1) - times[0] > 1000 * seconds) return done(times);
  slider.value = 2 * Math.sin(times.length / 10);
  slider.dispatchEvent(new Event("input"));
});
slider.dispatchEvent(new Event("input"));
"""


def redraws_a_second(chromium, page, seconds):
    """The median of the redraws, after a second in which the browser compiles the code."""
    browser.Visit(chromium, page)
    chromium.set_script_timeout(60)
    chromium.execute_async_script("playground.settled().then(arguments[0])")
    times = chromium.execute_async_script(DRAG, seconds + 1)
    times = np.array(times)
    return 1000 / np.median(np.diff(times[times >= times[0] + 1000]))


def main(arguments):
    print(describe() + "\n")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        chromium = browser.start(f"{folder}/profile")
        for name in arguments.network:
            for conditional in (False, True):
                networks = NETWORKS[name](100, 0.3)
                if conditional:
                    networks = make_conditional(*networks, 10)
                page = pathlib.Path(folder) / "page.html"
                write_playground(networks[0], page)
                rate = redraws_a_second(chromium, page, arguments.seconds)
                labels = "with labels" if conditional else "without"
                rows.append([name, labels, f"{page.stat().st_size / 1e6:.1f}", f"{rate:.1f}"])
        print(f"Chromium {chromium.capabilities['browserVersion']}\n")
        chromium.quit()
    print_table(["network", "labels", "page, MB", "redraws of 25 a second, median"], rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", nargs="+", default=list(NETWORKS), choices=list(NETWORKS))
    parser.add_argument("--seconds", type=float, default=5.0)
    main(parser.parse_args())
