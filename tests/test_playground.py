"""The page that draws with a generator: what it draws, and how it behaves in a browser."""

import os

import browser
import keras
import numpy as np
import pytest
from conftest import as_if_trained, content_of
from keras import layers
from PIL import Image

from keras_gan import UserError, load_generator, make_conditional, write_playground
from keras_gan.cli import main
from keras_gan.networks.clustered import label_from_latent
from keras_gan.networks.default import build_discriminator, build_generator
from keras_gan.playground.directions import find_directions
from keras_gan.playground.translate import translate
from keras_gan.registry import NETWORKS

NASTY = '</script><script>document.title = "ran"</script>'


def conditional(generator, classes=10):
    return make_conditional(generator, build_discriminator(), classes)[0]


def strange_generator():
    """One with every layer, step and activation that a page knows and the presets do not use."""
    latent, label = keras.Input((6,)), keras.Input((), dtype="int32")
    one_hot = layers.CategoryEncoding(3, output_mode="one_hot")(label)
    x = layers.Concatenate()([latent, one_hot])
    x = layers.Dense(20, activation=layers.LeakyReLU(0.3))(x)
    x = layers.Dense(5 * 4 * 3, activation="elu")(x)
    x = layers.Multiply()([x, layers.Embedding(3, 60)(label)])
    x = layers.Permute((2, 3, 1))(layers.Reshape((3, 5, 4))(layers.Dropout(0.5)(x)))
    x = layers.ZeroPadding2D(((1, 2), (0, 3)))(layers.UpSampling2D((2, 1))(x))
    x = layers.Conv2D(4, (3, 2), dilation_rate=(2, 1), activation="silu")(x)
    x = layers.Conv2DTranspose(4, 3, strides=2, padding="valid", activation="selu")(x)
    x = layers.Conv2DTranspose(4, 2, strides=3, padding="same", activation="softplus")(x)
    x = layers.Conv2D(4, 4, strides=2, padding="same", activation="leaky_relu")(x)
    x = layers.BatchNormalization(scale=False, axis=3)(x)
    inner = keras.Sequential([keras.Input(x.shape[1:]), layers.LeakyReLU(0.1), layers.Conv2D(4, 1)])
    x = layers.Add()([inner(x), x])
    x = layers.Flatten()(layers.Cropping2D(((1, 0), (0, 1)))(x))
    x = layers.Activation("tanh")(layers.Dense(28 * 28)(x))
    x = layers.Rescaling(0.5, offset=0.5)(x)
    return keras.Model([latent, label], layers.Reshape((28, 28, 1))(x))


def inputs_of(generator, n, classes=10):
    latents = np.random.default_rng(1).standard_normal((n, generator.inputs[0].shape[1]))
    latents = latents.astype("float32")
    return (latents, np.arange(n) % classes) if len(generator.inputs) == 2 else (latents, None)


def drawn_by_keras(generator, latents, labels):
    return generator.predict_on_batch(latents if labels is None else [latents, labels])


def drawn_by_steps(generator, latents, labels):
    steps, values, image = translate(generator)
    given = {values[0].number: latents}
    if labels is not None:
        given[values[1].number] = np.eye(values[1].size)[labels]
    return steps.draw(given, image)


@pytest.mark.parametrize("classes", [None, 10])
@pytest.mark.parametrize("name", list(NETWORKS))
def test_the_steps_draw_what_keras_draws(name, classes):
    generator = NETWORKS[name](50, 0.3)[0]
    generator = as_if_trained(generator if classes is None else conditional(generator, classes))
    inputs = inputs_of(generator, 4)
    images = drawn_by_keras(generator, *inputs)
    assert images.std() > 0.01
    np.testing.assert_allclose(drawn_by_steps(generator, *inputs), images, atol=1e-5)


def test_the_steps_know_what_other_generators_are_made_of():
    generator = as_if_trained(strange_generator())
    inputs = inputs_of(generator, 5, classes=3)
    images = drawn_by_keras(generator, *inputs)
    assert images.std() > 0.01
    np.testing.assert_allclose(drawn_by_steps(generator, *inputs), images, atol=1e-5)


def test_the_steps_choose_a_cluster_by_the_last_latent(tmp_path):
    generator = label_from_latent(conditional(build_generator(9)), np.arange(10))
    generator = as_if_trained(generator)
    generator.save(tmp_path / "generator.keras")
    latents = inputs_of(generator, 40)[0]
    for model in (generator, load_generator(tmp_path / "generator.keras")):
        images = drawn_by_keras(model, latents, None)
        assert images.std() > 0.01
        np.testing.assert_allclose(drawn_by_steps(model, latents, None), images, atol=1e-5)


@pytest.mark.parametrize(
    "operation",
    [
        lambda x: keras.ops.exp(x),
        lambda x: x[:5, :],
        lambda x: x - keras.ops.sum(x),
        lambda x: keras.ops.cast(keras.ops.greater(x, 8 * [0.0]), "float32"),
    ],
)
def test_an_operation_that_a_page_cannot_do_is_one_line(operation, tmp_path):
    latent = keras.Input((8,))
    image = layers.Reshape((28, 28, 1))(layers.Dense(784, "sigmoid")(operation(latent)))
    with pytest.raises(UserError, match="a page cannot draw with"):
        write_playground(keras.Model(latent, image), tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("last", "told"),
    [
        (layers.GaussianNoise(0.5), None),
        (layers.Softmax(), "(Softmax)"),
        (layers.LayerNormalization(), "(LayerNormalization)"),
        (layers.ReLU(max_value=6.0), "a largest value"),
        (layers.Activation("gelu"), "the activation gelu"),
        (layers.BatchNormalization(axis=1), "the axis 1"),
        (layers.Conv2DTranspose(1, 3, padding="same", output_padding=0), "padding of the output"),
        (layers.UpSampling2D(1, interpolation="bilinear"), "the interpolation bilinear"),
    ],
)
def test_a_layer_that_a_page_cannot_draw_with_is_one_line(last, told, tmp_path):
    generator = keras.Sequential(
        [keras.Input((8,)), layers.Dense(784, "sigmoid"), layers.Reshape((28, 28, 1)), last]
    )
    if told is None:
        write_playground(generator, tmp_path / "page.html")
        return
    with pytest.raises(UserError, match="a page cannot draw with") as raised:
        write_playground(generator, tmp_path / "page.html")
    assert told in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_would_draw_something_else_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setitem(
        translate.__globals__["LAYERS"], layers.LeakyReLU, lambda steps, layer, x: x
    )
    with pytest.raises(UserError, match="the page draws other images than Keras"):
        write_playground(as_if_trained(build_generator()), tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


def test_images_change_most_in_the_first_direction():
    generator = as_if_trained(build_generator(20))
    directions = find_directions(generator)
    np.testing.assert_allclose(directions @ directions.T, np.eye(8), atol=1e-5)
    latents = inputs_of(generator, 50)[0]

    def change(direction):
        images = [drawn_by_keras(generator, latents + by, None) for by in (0, direction)]
        return np.square(images[1] - images[0]).sum()

    changes = [change(0.5 * direction) for direction in directions]
    others = np.random.default_rng(2).standard_normal((20, 20))
    others /= np.linalg.norm(others, axis=1, keepdims=True)
    assert changes[0] == max(changes)
    assert changes[0] > max(change(0.5 * other) for other in others)


def test_directions_of_few_dimensions():
    assert find_directions(build_generator(3), "uniform").shape == (3, 3)


class Visit(browser.Visit):
    """A playground in the browser, and what may be asked of it."""

    def wait(self):
        """Until all that waits to be drawn is drawn."""
        self.chromium.execute_async_script("playground.settled().then(arguments[0])")

    def images(self, selector="#grid canvas"):
        """The grey values of canvases, from 0 to 255."""
        return np.array(
            self.ask(
                "[...document.querySelectorAll(arguments[0])].map((canvas) => [...canvas"
                ".getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, n) => n % 4 === 0))",
                selector,
            )
        ).reshape(-1, 28, 28, 1)

    def press(self, name):
        self.find(f"#{name}")[0].click()
        self.wait()

    def move(self, name, value):
        self.chromium.execute_script(
            "const slider = document.getElementById(arguments[0]); slider.value = arguments[1];"
            "slider.dispatchEvent(new Event('input'));",
            name,
            value,
        )
        self.wait()

    def draw(self, latents, labels=None):
        return np.array(
            self.chromium.execute_async_script(
                "const [latents, labels, done] = arguments; Promise.all(latents.map((latent, n) =>"
                "playground.draw(latent, labels && labels[n]))).then(done)",
                latents.tolist(),
                None if labels is None else labels.tolist(),
            ),
            "float32",
        ).reshape(-1, 28, 28, 1)

    def inputs(self):
        """The latents and labels of the images that the grid shows."""
        labels = self.ask("playground.labels()")
        latents = np.array(self.ask("playground.latents()"), "float32")
        return latents, labels and np.array(labels)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A page of each kind, and the generators that they are made from."""
    folder = tmp_path_factory.mktemp("pages")
    generators = {
        "plain": as_if_trained(build_generator()),
        "conditional": as_if_trained(conditional(build_generator())),
        "strange": as_if_trained(strange_generator()),
    }
    for name, generator in generators.items():
        names = ["zero", NASTY, "<b>two</b>"] if name == "strange" else None
        distribution = "uniform" if name == "strange" else "normal"
        write_playground(generator, folder / f"{name}.html", distribution, names, title=NASTY)
    return folder, generators


@pytest.mark.parametrize(
    "name",
    ["plain", *(pytest.param(n, marks=pytest.mark.slow) for n in ("conditional", "strange"))],
)
def test_a_browser_draws_what_keras_draws(name, chromium, pages):
    folder, generators = pages
    visit = Visit(chromium, folder / f"{name}.html")
    inputs = inputs_of(generators[name], 200, classes=3 if name == "strange" else 10)
    drawn = visit.draw(*inputs)
    images = drawn_by_keras(generators[name], *inputs)
    assert np.abs(drawn - images).max() < 1e-5  # where 1/255 is a step of grey
    visit.wait()
    shown = visit.images()
    images = drawn_by_keras(generators[name], *visit.inputs())
    assert shown.shape == (25, 28, 28, 1)
    assert np.abs(shown - 255 * images).max() <= 0.5 + 1e-2
    assert shown.std() > 3


def test_the_page_is_small_enough_to_be_mailed(pages):
    for name in ("plain", "conditional"):
        assert (pages[0] / f"{name}.html").stat().st_size < 3_000_000


@pytest.mark.slow
def test_every_control_does_what_it_says(chromium, pages):
    folder, generators = pages
    visit = Visit(chromium, folder / "conditional.html")
    visit.wait()
    latents, labels = visit.inputs()
    assert labels.tolist() == [n % 10 for n in range(25)]
    assert 0.9 < latents.std() < 1.1
    first = visit.images()
    # the class
    visit.find("#classes input")[8].click()
    visit.wait()
    assert visit.inputs()[1].tolist() == 25 * [7]
    assert "7" in visit.find("#grid button")[0].get_attribute("aria-label")
    sevens = visit.images()
    assert (
        np.abs(sevens - 255 * drawn_by_keras(generators["conditional"], *visit.inputs())).max() < 1
    )
    # a direction
    visit.move("direction-3", 1.5)
    assert visit.find("#direction-3 + span")[0].text == "1.50"
    moved = visit.inputs()[0] - latents
    direction = find_directions(generators["conditional"])[2]
    np.testing.assert_allclose(moved, np.tile(1.5 * direction, (25, 1)), atol=1e-5)
    assert np.abs(visit.images() - sevens).reshape(25, -1).max(axis=1).min() > 0
    visit.press("reset")
    assert visit.find("#direction-3 + span")[0].text == "0"
    np.testing.assert_array_equal(visit.images(), sevens)
    # another seed, and back
    visit.find("#classes input")[0].click()
    visit.press("others")
    assert visit.find("#seed")[0].get_attribute("value") != "1"
    assert not np.array_equal(visit.images(), first)
    visit.move("seed", 1)
    np.testing.assert_array_equal(visit.images(), first)


@pytest.mark.slow
def test_one_image_turns_into_another(chromium, pages):
    visit = Visit(chromium, pages[0] / "conditional.html")
    visit.wait()
    between = visit.find("#between")[0]
    told = visit.find("#told")[0]
    buttons = visit.find("#grid button")
    assert told.text.startswith("Choose two images")
    assert not between.is_displayed()
    buttons[3].click()
    assert told.text == "Choose another image."
    buttons[8].click()
    assert told.text == "From image 4 to image 9."
    assert between.is_displayed()
    shown = visit.images()
    for part, cell in ((0, 3), (1, 8)):
        visit.move("part", part)
        np.testing.assert_array_equal(visit.images("#middle")[0], shown[cell])
    visit.move("part", 0.5)
    middle = visit.images("#middle")[0]
    assert all(np.abs(middle - shown[cell]).max() > 1 for cell in (3, 8))
    play = visit.find("#play")[0]
    play.click()
    assert play.text == "Stop"
    play.click()
    assert play.text == "Play"
    buttons[8].click()
    assert not between.is_displayed()
    assert [button.get_attribute("aria-pressed") for button in buttons].count("true") == 1


@pytest.mark.slow
def test_between_two_latents_it_walks_on_an_arc(chromium, pages):
    folder, generators = pages
    visit = Visit(chromium, folder / "plain.html")
    visit.wait()
    for cell in (0, 1):
        visit.find("#grid button")[cell].click()
    visit.move("part", 0.25)
    from keras_gan import interpolate

    latents, _ = visit.inputs()
    latent = interpolate(latents[0], latents[1], 5, spherical=True)[1:2]
    expected = 255 * drawn_by_keras(generators["plain"], latent, None)
    assert np.abs(visit.images("#middle") - expected).max() < 1


@pytest.mark.slow
def test_pictures_are_downloaded(chromium, pages, tmp_path):
    from selenium.webdriver.support.ui import WebDriverWait

    folder, _ = pages
    visit = Visit(chromium, folder / "plain.html")
    visit.wait()
    behavior = {"behavior": "allow", "downloadPath": str(tmp_path)}
    chromium.execute_cdp_cmd("Browser.setDownloadBehavior", behavior)
    for cell in (0, 1):
        visit.find("#grid button")[cell].click()
    visit.wait()
    for button, name, columns in (("save", "images.png", 5), ("save-middle", "morph.png", 1)):
        visit.find(f"#{button}")[0].click()
        WebDriverWait(chromium, 10).until(lambda _, name=name: (tmp_path / name).is_file())
        with Image.open(tmp_path / name) as picture:
            pixels = np.asarray(picture.convert("L"))
        assert pixels.shape == (112 * columns, 112 * columns)
        selector = "#grid canvas" if columns == 5 else "#middle"
        np.testing.assert_array_equal(pixels[:112:4, :112:4], visit.images(selector)[0, ..., 0])


@pytest.mark.slow
def test_all_of_it_is_reached_with_the_keyboard(chromium, pages):
    visit = Visit(chromium, pages[0] / "conditional.html")
    visit.wait()
    reached = []
    for _ in range(14):
        visit.ask("document.activeElement").send_keys("\ue004")  # tab
        reached.append(visit.ask("document.activeElement.id || document.activeElement.type"))
    assert reached == [
        *("button", "others", "seed", "save", "radio"),
        *(f"direction-{n}" for n in range(1, 9)),
        "reset",
    ]
    cell = visit.find("#grid button")[0]
    cell.send_keys("\ue014")  # arrow to the right
    visit.ask("document.activeElement").send_keys("\ue015")  # down
    visit.ask("document.activeElement").send_keys(" ")
    focused = "[...document.querySelectorAll('#grid button')].indexOf(document.activeElement)"
    assert visit.ask(focused) == 6
    assert visit.find("#grid button")[6].get_attribute("aria-pressed") == "true"
    visit.ask("document.activeElement").send_keys("\ue00c")  # escape
    assert visit.find("#grid [aria-pressed=true]") == []
    visit.find("#classes input")[0].send_keys("\ue014")
    visit.wait()
    assert set(visit.inputs()[1]) == {0}
    visit.find("#direction-1")[0].send_keys("\ue014")
    assert visit.find("#direction-1 + span")[0].text == "0.05"


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (360, "dark")])
def test_it_fits_every_screen_in_light_and_dark(width, scheme, chromium, pages):
    for name in ("plain", "strange"):
        visit = Visit(chromium, pages[0] / f"{name}.html", width, scheme)
        for cell in (0, 24):
            visit.find("#grid button")[cell].click()
        assert visit.ask("document.documentElement.scrollWidth") <= width
        assert visit.is_dark() == (scheme == "dark")
        shapes = visit.ask(
            "[...document.querySelectorAll('canvas')]"
            ".map((canvas) => [canvas.clientWidth, canvas.clientHeight])"
        )
        assert len(shapes) == 26
        for across, down in shapes:
            assert across == pytest.approx(down, abs=1)
            assert across >= 44  # room for a finger


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plain", "conditional", "strange"])
def test_no_errors_and_no_requests(name, chromium, pages):
    path = pages[0] / f"{name}.html"
    visit = Visit(chromium, path)
    visit.wait()
    visit.press("others")
    visit.find("#grid button")[0].click()
    visit.find("#grid button")[1].click()
    visit.find("#play")[0].click()
    visit.wait()
    assert visit.errors() == []
    assert visit.requests() == {path.as_uri()}
    assert visit.ask("document.title") == NASTY


@pytest.mark.slow
def test_a_slow_generator_leaves_no_image_out(chromium, pages):
    """Whatever is dragged while it draws, it ends with what was asked for last."""
    folder, generators = pages
    visit = Visit(chromium, folder / "plain.html")
    visit.wait()
    visit.chromium.execute_script(
        "const slider = document.getElementById('direction-1');"
        "for (let n = -40; n <= 30; n += 1) {"
        "  slider.value = n / 20; slider.dispatchEvent(new Event('input')); }"
    )
    visit.wait()
    images = drawn_by_keras(generators["plain"], *visit.inputs())
    assert visit.find("#direction-1 + span")[0].text == "1.50"
    assert np.abs(visit.images() - 255 * images).max() < 1


@pytest.mark.slow
def test_images_can_be_let_go_of_while_others_are_drawn(chromium, tmp_path):
    hidden = [layers.Dense(1500, "relu") for _ in range(3)]
    last = [layers.Dense(784, "sigmoid"), layers.Reshape((28, 28, 1))]
    wide = keras.Sequential([keras.Input((8,)), *hidden, *last])
    write_playground(wide, tmp_path / "page.html")
    visit = Visit(chromium, tmp_path / "page.html")
    visit.chromium.execute_script(
        "const buttons = document.querySelectorAll('#grid button');"
        "const slider = document.getElementById('direction-1');"
        "for (let n = 0; n < 3; n += 1) {"
        "  buttons[0].click(); buttons[1].click();"
        "  slider.value = n / 2; slider.dispatchEvent(new Event('input'));"
        "  document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'})); }"
    )
    visit.wait()
    assert visit.errors() == []
    images = drawn_by_keras(wide, *visit.inputs())
    assert np.abs(visit.images() - 255 * images).max() < 1


def test_the_command_makes_a_page_of_a_run(tmp_path, monkeypatch, capsys):
    (tmp_path / "config.json").write_text(
        '{"latent_distribution": "uniform", "source": "/a/folder/of/mine", "data": "mine",'
        '"classes": ["cat", "dog"]}'
    )
    conditional(build_generator(), 2).save(tmp_path / "generator.keras")
    monkeypatch.chdir(tmp_path)
    assert main(["playground", "generator.keras"]) == 0
    out, _ = capsys.readouterr()
    assert out.startswith("playground.html: 2,4")
    page = (tmp_path / "playground.html").read_text()
    assert "trained on mine" in page
    assert "/a/folder" not in page
    assert '"classes":["cat","dog"]' in page
    assert '"distribution":"uniform"' in page


@pytest.fixture(scope="module")
def wrong_files(tmp_path_factory):
    """A generator, and what a page cannot be made of, or be written to."""
    folder = tmp_path_factory.mktemp("wrong")
    generator = build_generator(4)
    generator.save(folder / "generator.keras")
    (folder / "cut.keras").write_bytes((folder / "generator.keras").read_bytes()[:5000])
    (folder / "text.keras").write_text("no model")
    (folder / "page.html").write_text("mine")
    (folder / "folder.html").mkdir()
    os.mkfifo(folder / "pipe.html")
    build_discriminator().save(folder / "classifier.keras")
    latent, label = keras.Input((4,)), keras.Input((), dtype="int32")
    parts = [latent, layers.Embedding(10, 2)(label), layers.Embedding(12, 2)(label)]
    image = layers.Dense(784, "sigmoid")(layers.Concatenate()(parts))
    keras.Model([latent, label], layers.Reshape((28, 28, 1))(image)).save(folder / "other.keras")
    image = layers.LayerNormalization()(generator.outputs[0])
    keras.Model(generator.inputs[0], image).save(folder / "foreign.keras")
    generator.set_weights([np.full(w.shape, np.nan) for w in generator.get_weights()])
    generator.save(folder / "broken.keras")
    return folder


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("", "the following arguments are required: MODEL"),
        ("absent.keras", "absent.keras: no such file"),
        ("text.keras", "is no Keras model that can be read"),
        ("cut.keras", "is no Keras model that can be read"),
        ("classifier.keras", "expected a generator"),
        ("foreign.keras", "a page cannot draw with the layer"),
        ("broken.keras", "expected a generator of values from 0 to 1"),
        ("page.html", "expected a generator, a file .keras"),
        (".", "is a folder"),
        ("generator.keras --output page.txt", "a page is a file .html"),
        ("generator.keras --output generator.keras", "a page is a file .html"),
        ("generator.keras --output absent/page.html", "cannot be written there"),
        ("generator.keras --output folder.html", "cannot be written there"),
        (f"generator.keras --output {300 * 'x'}.html", "cannot be written there"),
        ("generator.keras --output pipe.html", "is not a plain file"),
        ("other.keras", "use the command export"),
        ("generator.keras --latent-distribution other", "invalid choice"),
        ("generator.keras --digits 7", "unrecognized arguments"),
    ],
)
def test_what_cannot_be_a_page_is_one_line(arguments, said, wrong_files, monkeypatch, capfd):
    monkeypatch.chdir(wrong_files)
    before = content_of(wrong_files)
    assert main(["playground", *arguments.split()]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert said in err
    assert content_of(wrong_files) == before
