"""The page of a run and that of several: what is in them, how they behave in a browser."""

import csv
import dataclasses
import json
import re
import shutil

import browser
import numpy as np
import pytest
from PIL import Image

from keras_gan import ReportPage
from keras_gan.cli import main
from keras_gan.report import read_run, write_comparison, write_report
from keras_gan.settings import configure

EPOCHS = 12
NASTY = '<!--<script></script><script>document.title = "ran"</script>'


def make_run(folder, preset="default", epochs=EPOCHS, epochs_wanted=EPOCHS, **more):
    """The files of a run, made up; the grid of epoch k has k white images."""
    models, plots = folder / "models", folder / "plots"
    (models / "samples").mkdir(parents=True)
    plots.mkdir()
    conditional = more.get("conditional", False)
    config = configure(preset=preset, epochs=epochs_wanted, conditional=conditional)
    settings = dataclasses.asdict(config) | {
        "started": "2026-01-02T03:04:05",
        "source": "made up",
        "images": 5000,
        "images_checksum": "0",
        "backend": "tensorflow",
        "device": "CPU (2 cores)",
        "yardstick": None,
        "versions": {"keras": "3.15.1"},
        **more,
    }
    (models / "config.json").write_text(json.dumps(settings))
    with open(models / "history.csv", "w", newline="") as file:
        names = ["d_loss", "g_loss", "real_score", "fake_score", "real_accuracy", "fake_accuracy"]
        figures = ["fid", "kid", "precision", "recall", "density", "coverage"]
        figures += ["classifier_score", "confident_share", "rarest_share"]
        writer = csv.DictWriter(file, ["epoch", *names, *figures])
        writer.writeheader()
        for epoch in range(1, epochs + 1):
            row = {"epoch": epoch} | dict.fromkeys(names, 0.25 + epoch / 100)
            if epoch % 5 == 0:
                row |= {name: 10 / epoch if name == "fid" else 0.5 for name in figures}
            writer.writerow(row)
    (models / "real_metrics.json").write_text(json.dumps(dict.fromkeys(figures, 0.75)))
    for epoch in range(epochs + 1):
        grid = np.zeros((100, 28, 28, 1), "uint8")
        grid[:epoch] = 255
        np.savez_compressed(models / "samples" / f"e{epoch:06}.npz", x=grid)
    Image.new("RGB", (40, 20)).save(plots / "generator_plot.png")
    return folder


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path / "run")


def page_of(folder, to_file=None):
    to_file = to_file or folder / "report.html"
    write_report(read_run(folder / "models", folder / "plots"), to_file)
    return to_file.read_text()


def tables_of(file):
    return re.findall(r"<tbody>(.*?)</tbody>", file.read_text())


def heads_of(table):
    return re.findall(r'<th scope="row">(.*?)</th>', table)


def data_of(page):
    text = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)[1]
    return json.loads(text)


def test_the_page_holds_all_there_is_of_a_run(run):
    page = page_of(run)
    (told,) = data_of(page)["runs"]
    assert told["epochs"] == list(range(EPOCHS + 1))
    assert told["history"]["d_loss"] == pytest.approx([0.25 + e / 100 for e in range(1, 13)])
    assert told["history"]["fid"] == [*[None] * 4, 2, *[None] * 4, 1, None, None]
    assert "The training has ended after 12 epochs." in page
    assert "After epoch 10 the samples are at an FID of 1 from real images" in page
    assert "other real images are at 0.75" in page
    assert "learning_rate" in page
    assert page.count('alt="generator, layer by layer"') == 1


def test_the_page_tells_where_a_run_stands(tmp_path):
    page = page_of(make_run(tmp_path / "begun", epochs=3, epochs_wanted=100))
    assert "Epoch 3 of 100. Reload this page to see how it goes on." in page
    assert "FID of" not in page
    shutil.rmtree(tmp_path / "begun")
    page = page_of(make_run(tmp_path / "begun", epochs=0, epochs_wanted=100))
    assert "Epoch 0 of 100." in page


def test_nothing_in_the_page_leads_out_of_it(run):
    page = page_of(run)
    assert not re.search(r"(src|href)=\"(?!data:)", page)
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "@import" not in page
    assert "url(" not in page


def test_what_a_user_calls_things_cannot_break_the_page(tmp_path):
    folder = make_run(tmp_path / "run", source=NASTY)
    page = page_of(folder)
    assert NASTY not in page
    runs = [read_run(folder / "models", name=name) for name in (NASTY, "& other")]
    write_comparison(runs, tmp_path / "compare.html")
    page = (tmp_path / "compare.html").read_text()
    assert NASTY not in page
    assert [told["name"] for told in data_of(page)["runs"]] == [NASTY, "& other"]


def test_figures_that_an_older_version_did_not_take_are_left_out(run):
    history = run / "models" / "history.csv"
    history.write_text("epoch,d_loss,fid\n1,0.5,7\n")
    (run / "models" / "real_metrics.json").write_text('{"kid": 1}')
    page = page_of(run)
    assert "FID of 7 from real images" in page
    assert "<td>7</td><td>7 (epoch 1)</td><td>-</td>" in page
    assert "precision: samples" not in re.search(r"<h2>Quality</h2>.*?</table>", page, re.S)[0]


def test_what_is_no_number_is_left_out_of_the_curves(run):
    history = run / "models" / "history.csv"
    history.write_text("epoch,d_loss,g_loss\n1,0.5,nan\n2,inf,0.75\n")
    (run / "models" / "samples" / "else.npz").touch()
    (told,) = data_of(page_of(run))["runs"]
    assert told["history"] == {"epoch": [1, 2], "d_loss": [0.5, None], "g_loss": [None, 0.75]}
    history.write_text("")
    (told,) = data_of(page_of(run))["runs"]
    assert told["history"] == {"epoch": []}


@pytest.mark.slow
def test_a_hundred_epochs_of_real_digits_stay_small(digits, tmp_path):
    folder = make_run(tmp_path / "long", epochs=100, epochs_wanted=100)
    rng = np.random.default_rng(0)
    for path in (folder / "models" / "samples").iterdir():
        np.savez_compressed(path, x=digits[0][rng.permutation(200)[:100]])
    assert len(page_of(folder)) < 5_000_000
    make_run(tmp_path / "longer", epochs=300, epochs_wanted=300)
    (told,) = data_of(page_of(tmp_path / "longer"))["runs"]
    assert (told["epochs"][0], told["epochs"][-1]) == (0, 300)
    assert 90 <= len(told["epochs"]) <= 101


def test_a_comparison_tells_settings_that_differ_and_results(tmp_path, monkeypatch, capsys):
    make_run(tmp_path / "one", preset="lsgan")
    make_run(tmp_path / "two", preset="hinge", epochs=5)
    monkeypatch.chdir(tmp_path)
    assert main(["compare", "one", "two/models"]) == 0
    assert capsys.readouterr().out == "Comparison: compare.html\n"
    tables = tables_of(tmp_path / "compare.html")
    assert heads_of(tables[0]) == ["preset", "loss"]
    assert "<td>lsgan</td><td>hinge</td>" in tables[0]
    assert '<th scope="row">epochs</th><td>12</td><td>5</td>' in tables[1]
    assert "<td>1 (epoch 10)</td><td>2 (epoch 5)</td>" in tables[1]


def test_a_comparison_tells_machines_and_versions_that_differ(tmp_path):
    here = make_run(tmp_path / "here")
    there = make_run(tmp_path / "there", backend="jax", versions={"keras": "3.15.1", "jax": "1"})
    runs = [read_run(folder / "models") for folder in (here, there)]
    write_comparison(runs, tmp_path / "compare.html")
    assert heads_of(tables_of(tmp_path / "compare.html")[0]) == ["backend", "jax"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("one", "expected 2 to 6 runs, found 1"),
        ("one absent", "absent: holds no run"),
        ("one empty", "empty: holds no run"),
        ("one broken", "holds no run of this version that can be read"),
        ("one foreign", "config.json does not tell"),
        ("one older", "config.json does not tell loss"),
        ("one cut", "holds no run of this version that can be read"),
        ("one unreal", "holds no run of this version that can be read"),
        ("one one --output absent/page.html", "cannot be written there"),
        ("", "the following arguments are required: RUN"),
    ],
)
def test_what_cannot_be_compared_is_one_line(arguments, said, tmp_path, monkeypatch, capsys):
    make_run(tmp_path / "one")
    make_run(tmp_path / "broken")
    (tmp_path / "broken" / "models" / "history.csv").write_text("epoch,d_loss\n1,high\n")
    make_run(tmp_path / "cut")
    cut = tmp_path / "cut" / "models" / "samples" / "e000003.npz"
    cut.write_bytes(cut.read_bytes()[:200])
    make_run(tmp_path / "unreal")
    (tmp_path / "unreal" / "models" / "real_metrics.json").write_text("[1, 2]")
    make_run(tmp_path / "older")
    settings = json.loads((tmp_path / "older" / "models" / "config.json").read_text())
    del settings["loss"]
    (tmp_path / "older" / "models" / "config.json").write_text(json.dumps(settings))
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "config.json").write_text('{"architectures": ["Bert"]}')
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["compare", *arguments.split()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert said in err
    assert not (tmp_path / "compare.html").exists()


def test_the_page_is_written_while_a_run_goes_on(run):
    page, report = ReportPage(run / "plots", run / "models"), run / "plots" / "report.html"
    page.set_params({"epochs": EPOCHS})
    history = run / "models" / "history.csv"
    written = history.read_text()
    history.unlink()
    page.on_train_begin()
    page.on_epoch_begin(0)
    assert "Epoch 0 of 12. Reload this page" in report.read_text()
    history.write_text(written)
    page.on_epoch_end(0, {})
    assert "has ended after 12" in report.read_text()


class Visit(browser.Visit):
    """A page of runs in the browser, and what may be asked of it."""

    def white_images(self):
        """How many images are white in the grid that is shown: the epoch that it is of."""
        share = self.ask(
            """(() => {
              const picture = document.querySelector("#grids img");
              const canvas = document.createElement("canvas");
              [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
              const context = canvas.getContext("2d");
              context.drawImage(picture, 0, 0);
              const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
              let white = 0;
              for (let i = 0; i < data.length; i += 4) white += data[i] > 200;
              return white;
            })()"""
        )
        return round(share / 28**2)

    def wait_for_picture(self):
        from selenium.webdriver.support.ui import WebDriverWait

        ready = "document.querySelector('#grids img').complete"
        WebDriverWait(self.chromium, 10).until(lambda _: self.ask(ready))

    def readout(self, chart=0):
        return [
            value.text
            for value in self.find(".chart")[chart].find_elements("css selector", ".value")
        ]

    def cursor(self, chart=0):
        return float(self.find(".chart .cursor")[chart].get_attribute("x1"))


def test_the_slider_moves_the_samples_and_marks_the_curves(chromium, run):
    page_of(run)
    visit = Visit(chromium, run / "report.html")
    visit.wait_for_picture()
    assert visit.white_images() == EPOCHS
    slider = visit.find("#epoch")[0]
    seen, marks = [], []
    for _ in range(3):
        slider.send_keys("\ue012")  # arrow to the left
        visit.wait_for_picture()
        seen.append(visit.white_images())
        marks.append(visit.cursor())
        assert f"{seen[-1]} of 12" in visit.find("#epoch-shown")[0].text
        assert f"(epoch {seen[-1]})" in visit.readout()[0]
    assert seen == [11, 10, 9]
    assert marks == sorted(marks, reverse=True)
    slider.send_keys("\ue011")  # home
    visit.wait_for_picture()
    assert visit.white_images() == 0
    assert visit.find("#epoch-shown")[0].text == "before training"
    assert "before training" in visit.find("#grids img")[0].get_attribute("alt")


def test_a_curve_tells_its_values_and_leads_to_an_epoch(chromium, run):
    from selenium.webdriver.common.action_chains import ActionChains

    page_of(run)
    visit = Visit(chromium, run / "report.html")
    chart = visit.find(".chart svg:not(.swatch)")[0]
    ActionChains(chromium).move_to_element(chart).perform()  # to its middle
    hovered = int(re.search(r"epoch (\d+)", visit.readout()[0])[1])
    assert 5 <= hovered <= 7
    assert visit.readout()[0].startswith(f"{0.25 + hovered / 100:.4g}")
    ActionChains(chromium).move_to_element(visit.find("h1")[0]).perform()
    assert "(epoch 12)" in visit.readout()[0]
    ActionChains(chromium).move_to_element(chart).click().perform()
    visit.wait_for_picture()
    assert visit.white_images() == hovered
    for key, epoch in (
        ("\ue014", hovered + 1),  # arrow to the right
        ("\ue010", 12),  # end
        ("\ue00f", 2),  # page down
        ("\ue011", 0),  # home
    ):
        chart.send_keys(key)
        visit.wait_for_picture()
        assert visit.white_images() == epoch


def test_a_comparison_moves_all_of_its_runs(chromium, run, tmp_path):
    from selenium.webdriver.common.action_chains import ActionChains

    shorter = make_run(tmp_path / "shorter", preset="hinge", epochs=5)
    runs = [read_run(folder / "models", name=folder.name) for folder in (run, shorter)]
    write_comparison(runs, tmp_path / "compare.html")
    visit = Visit(chromium, tmp_path / "compare.html")

    def captions():
        return [caption.text for caption in visit.find("#grids figcaption")]

    assert captions() == ["run, after epoch 12", "shorter, after epoch 5"]
    slider = visit.find("#epoch")[0]
    slider.send_keys("\ue011")  # home
    assert captions() == ["run, before training", "shorter, before training"]
    slider.send_keys(3 * "\ue014")  # arrow to the right
    assert captions() == ["run, after epoch 3", "shorter, after epoch 3"]
    assert visit.readout()[0] == "0.28 (epoch 3)"
    chart = visit.find(".chart svg:not(.swatch)")[0]
    chart.send_keys("\ue010")  # end
    assert captions() == ["run, after epoch 12", "shorter, after epoch 5"]
    ActionChains(chromium).move_to_element(chart).perform()
    assert re.search(r"epoch [567]\)", visit.readout()[0])


def test_everything_is_reached_with_the_keyboard(chromium, run):
    page_of(run)
    visit = Visit(chromium, run / "report.html")
    reached = []
    for _ in range(10):
        visit.ask("document.activeElement").send_keys("\ue004")  # tab
        reached.append(visit.ask("document.activeElement.id || document.activeElement.tagName"))
    assert reached[:2] == ["play", "epoch"]
    assert reached.count("svg") == 5
    assert reached.count("SUMMARY") == 2
    visit.find("#play")[0].send_keys(" ")
    assert visit.find("#play")[0].text == "Stop"
    visit.find("#play")[0].send_keys(" ")
    assert visit.find("#play")[0].text == "Play"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 360])
def test_it_fits_every_screen_in_light_and_dark(width, scheme, chromium, run, tmp_path):
    page_of(run)
    runs = [read_run(run / "models", name=name) for name in ("a", "a rather long name of a run")]
    write_comparison(runs, run / "compare.html")
    for page in ("report.html", "compare.html"):
        visit = Visit(chromium, run / page, width, scheme)
        assert visit.ask("document.documentElement.scrollWidth") <= width
        assert visit.is_dark() == (scheme == "dark")
        for picture in visit.find("#grids img"):
            assert picture.size["width"] == pytest.approx(picture.size["height"], abs=2)


def test_no_errors_and_no_requests(chromium, tmp_path):
    folder = make_run(tmp_path / "run", source=NASTY)
    page_of(folder)
    write_comparison([read_run(folder / "models", name=NASTY)] * 2, folder / "compare.html")
    for name in ("report.html", "compare.html"):
        visit = Visit(chromium, folder / name)
        visit.find("#epoch")[0].send_keys("\ue012")
        assert visit.ask("document.title") != "ran"
        assert visit.errors() == []
        assert visit.requests() == {(folder / name).as_uri()}


def test_a_run_that_has_just_begun_and_runs_without_samples(chromium, tmp_path):
    begun = make_run(tmp_path / "begun", epochs=0)
    bare = make_run(tmp_path / "bare", preset="wgan-gp", epochs=3)
    shutil.rmtree(bare / "models" / "samples")
    (begun / "models" / "history.csv").unlink()
    for folder in (begun, bare):
        page_of(folder)
        visit = Visit(chromium, folder / "report.html")
        visit.find("#epoch")[0].send_keys("\ue012")
        assert visit.errors() == []
        assert "NaN" not in visit.ask("document.body.innerHTML")
    assert visit.find("#epoch-shown")[0].text == "2 of 3"
    assert "undecided" not in visit.find("#charts")[0].text
    assert visit.find("#grids img") == []
    write_comparison([read_run(folder / "models") for folder in (begun, bare)], tmp_path / "c.html")
    visit = Visit(chromium, tmp_path / "c.html")
    assert visit.errors() == []
    assert len(visit.find("#grids img")) == 1
