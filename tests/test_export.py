"""The command `export`: what other programs draw with it, and what they are told."""

import errno
import hashlib
import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import types
import zipfile

import keras
import numpy as np
import pytest
from conftest import ROOT, as_if_trained, content_of
from keras import layers

import keras_gan
from keras_gan import NETWORKS, PRESETS, configure, draw_latents
from keras_gan.cli import main
from keras_gan.exports import comparing
from keras_gan.networks.conditional import make_conditional
from keras_gan.networks.loading import in_float32
from keras_gan.registry import EXPORTS

DISTINCT = ("default", "tutorial", "mlp", "mlp-dropout", "dcgan")
OUTPUTS = {"onnx": "x.onnx", "litert": "x.tflite", "savedmodel": "x"}
INPUTS = {False: ["latent"], True: ["latent", "label"]}
CLOTHES = ["T-shirt/top", "Trouser", "Pullover", "Sneaker"]


def small_generator(latent_dim=10, last="sigmoid"):
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            layers.Dense(64, activation="relu"),
            layers.BatchNormalization(),
            layers.Dense(784, activation=last),
            layers.Reshape((28, 28, 1)),
        ]
    )


def small_discriminator():
    return keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(1)])


def labelled_generator(classes, latent_dim=10):
    return make_conditional(small_generator(latent_dim), small_discriminator(), classes)[0]


@pytest.fixture(autouse=True)
def few_images(monkeypatch):
    """The program compares fewer images, where a test does so itself."""
    monkeypatch.setattr(comparing, "BATCHES", [10, 7, 7])


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    keras.utils.set_random_seed(0)
    as_if_trained(small_generator()).save(folder / "plain.keras")
    as_if_trained(labelled_generator(10)).save(folder / "labelled.keras")
    as_if_trained(labelled_generator(len(CLOTHES))).save(folder / "clothes.keras")
    return folder


@pytest.fixture
def workplace(models, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for file in models.iterdir():
        shutil.copy(file, tmp_path)
    return tmp_path


def export(*words):
    assert main(["export", *map(str, words)]) == 0


# Runtimes, as a reader of the docs calls them: each draws images of a dict of inputs.


def draw_onnx(path, inputs):
    onnxruntime = pytest.importorskip("onnxruntime")
    return onnxruntime.InferenceSession(path).run(["image"], inputs)[0]


def draw_litert(path, inputs):
    interpreter = pytest.importorskip("ai_edge_litert.interpreter").Interpreter(str(path))
    return interpreter.get_signature_runner()(**inputs)["image"]


def draw_savedmodel(path, inputs):
    tf = pytest.importorskip("tensorflow")
    loaded = tf.saved_model.load(str(path))
    serve = loaded.signatures["serving_default"]
    return serve(**{name: tf.constant(values) for name, values in inputs.items()})["image"].numpy()


DRAW = {"onnx": draw_onnx, "litert": draw_litert, "savedmodel": draw_savedmodel}


def inputs_of(n, latent_dim, classes=None, seed=5):
    inputs = {"latent": draw_latents(np.random.default_rng(seed), n, latent_dim)}
    if classes:
        inputs["label"] = np.random.default_rng(seed).integers(0, classes, n).astype("int32")
    return inputs


def largest_difference(format, path, generator, classes=None):
    latent_dim = generator.inputs[0].shape[1]
    largest = []
    for n in (1, 7):
        inputs = inputs_of(n, latent_dim, classes)
        values = list(inputs.values())
        expected = generator.predict_on_batch(values if classes else values[0])
        drawn = DRAW[format](path, inputs)
        assert drawn.shape == (n, 28, 28, 1)
        assert drawn.dtype == np.float32
        assert drawn.std() > 0.01
        largest.append(np.abs(drawn - expected).max())
    return max(largest)


def needs(format):
    for package in EXPORTS[format].PACKAGES:
        pytest.importorskip(package)


def test_the_presets_have_the_networks_that_are_tested():
    assert {configure(preset).networks for preset in PRESETS} == set(DISTINCT) == set(NETWORKS)
    assert len(PRESETS) == 8


@pytest.mark.on_tensorflow
@pytest.mark.slow
@pytest.mark.parametrize("labelled", [False, True], ids=["plain", "labelled"])
@pytest.mark.parametrize("networks", DISTINCT)
def test_the_generator_of_a_preset_draws_the_same_everywhere(networks, labelled, workplace):
    keras.utils.set_random_seed(1)
    latent_dim = 64 if networks == "mlp" else 100
    generator, discriminator = NETWORKS[networks](latent_dim, 0.0)
    if labelled:
        generator, _ = make_conditional(generator, discriminator, 10)
    as_if_trained(generator).save("generator.keras")
    for format, output in OUTPUTS.items():
        needs(format)
        export("generator.keras", "--output", output)
        classes = 10 if labelled else None
        assert largest_difference(format, output, generator, classes) <= 1e-5, format


@pytest.mark.on_tensorflow("onnx", "litert")
@pytest.mark.parametrize("format", OUTPUTS)
@pytest.mark.parametrize(("model", "classes"), [("plain", None), ("labelled", 10)])
def test_a_small_generator_draws_the_same_everywhere(model, classes, format, workplace, capfd):
    needs(format)
    export(f"{model}.keras", "--format", format, "--output", OUTPUTS[format])
    out, err = capfd.readouterr()
    assert err == ""
    assert out.count("\n") == 1
    assert out.startswith(f"{OUTPUTS[format]}: {EXPORTS[format].LABEL}, ")
    assert out.endswith(" from Keras, batches of any size\n")
    generator = keras.saving.load_model(f"{model}.keras")
    assert largest_difference(format, OUTPUTS[format], generator, classes) <= 1e-5


@pytest.mark.on_tensorflow("onnx", "litert")
@pytest.mark.slow
@pytest.mark.parametrize("format", OUTPUTS)
def test_a_generator_of_mixed_precision_calculates_in_float32(format, workplace):
    needs(format)
    keras.config.set_dtype_policy("mixed_float16")
    try:
        generator = as_if_trained(labelled_generator(3))
    finally:
        keras.config.set_dtype_policy("float32")
    generator.save("mixed.keras")
    export("mixed.keras", "--output", OUTPUTS[format])
    exact = labelled_generator(3)
    exact.set_weights(generator.get_weights())
    assert largest_difference(format, OUTPUTS[format], exact, 3) <= 1e-5


def test_a_layer_within_a_layer_calculates_in_float32_too(workplace):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        wrapped = layers.SpectralNormalization(layers.Dense(784, "sigmoid"))
        generator = keras.Sequential([keras.Input((10,)), wrapped, layers.Reshape((28, 28, 1))])
    finally:
        keras.config.set_dtype_policy("float32")
    copy = in_float32(generator)
    assert {layer.compute_dtype for layer in copy._flatten_layers()} == {"float32"}
    latents = inputs_of(20, 10)["latent"]
    kernel, _, bias = generator.get_weights()
    exact = 1 / (1 + np.exp(-(latents.astype("float64") @ kernel + bias)))
    images = copy.predict_on_batch(latents).reshape(20, -1)
    np.testing.assert_allclose(images, exact, atol=1e-6)


def test_what_a_layer_makes_of_its_weights_is_exported_too(workplace):
    normalization = layers.Normalization()
    normalization.adapt(np.random.default_rng(0).normal(3, 2, (100, 10)))
    parts = [keras.Input((10,)), normalization, layers.Dense(784, "sigmoid")]
    generator = keras.Sequential([*parts, layers.Reshape((28, 28, 1))])
    generator.save("normalized.keras")
    export("normalized.keras", "--output", "x")
    assert largest_difference("savedmodel", "x", generator) <= 1e-5


@pytest.mark.on_tensorflow
@pytest.mark.slow
@pytest.mark.parametrize("labelled", [False, True], ids=["plain", "labelled"])
def test_names_and_shapes_are_the_same_everywhere(labelled, workplace):
    tf, onnx = pytest.importorskip("tensorflow"), pytest.importorskip("onnx")
    interpreter = pytest.importorskip("ai_edge_litert.interpreter")
    for output in OUTPUTS.values():
        export("labelled.keras" if labelled else "plain.keras", "--output", output)
    names = INPUTS[labelled]
    shapes = {"latent": ("batch", 10), "label": ("batch",), "image": ("batch", 28, 28, 1)}
    graph = onnx.load("x.onnx").graph
    assert [tensor.name for tensor in graph.input] == names
    assert [tensor.name for tensor in graph.output] == ["image"]
    for tensor in (*graph.input, *graph.output):
        sizes = tensor.type.tensor_type.shape.dim
        assert tuple(size.dim_param or size.dim_value for size in sizes) == shapes[tensor.name]
    if labelled:
        assert graph.input[1].type.tensor_type.elem_type == onnx.TensorProto.INT32
    runner = interpreter.Interpreter("x.tflite").get_signature_runner()
    details = runner.get_input_details()
    assert set(details) == set(names)
    assert list(details["latent"]["shape_signature"]) == [-1, 10]
    assert not labelled or details["label"]["dtype"] == np.int32
    assert set(runner.get_output_details()) == {"image"}
    serve = tf.saved_model.load("x").signatures["serving_default"]
    specs = serve.structured_input_signature[1]
    assert set(specs) == set(names)
    assert specs["latent"].shape.as_list() == [None, 10]
    assert not labelled or (specs["label"].dtype, len(specs["label"].shape)) == (tf.int32, 1)
    assert list(serve.structured_outputs) == ["image"]


def told(format, path):
    if format == "savedmodel":
        return json.loads((pathlib.Path(path) / "assets.extra" / "keras_gan.json").read_text())
    if format == "litert":
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read("keras_gan.json"))
    onnx = pytest.importorskip("onnx")
    content = onnx.load(path)
    texts = {entry.key: entry.value for entry in content.metadata_props}
    assert content.doc_string == texts["description"]
    plain = {"description", "latent_distribution", "model_sha256", "keras_gan"}
    return {key: text if key in plain else json.loads(text) for key, text in texts.items()}


@pytest.mark.on_tensorflow("onnx", "litert")
@pytest.mark.slow
@pytest.mark.parametrize("format", OUTPUTS)
def test_a_file_tells_what_a_program_must_know(format, workplace):
    needs(format)
    config = {"classes": CLOTHES, "latent_distribution": "uniform"}
    (workplace / "config.json").write_text(json.dumps(config))
    export("clothes.keras", "--output", OUTPUTS[format])
    about = told(format, OUTPUTS[format])
    description = about.pop("description")
    for words in ("(batch, 28, 28, 1)", "0 (black) to 1 (white)", "latent (batch, 10)", "-1 to 1"):
        assert words in description
    assert "whole numbers from 0 to 3" in description
    assert about == {
        "latent_dim": 10,
        "latent_distribution": "uniform",
        "image_shape": [28, 28, 1],
        "value_range": [0, 1],
        "classes": CLOTHES,
        "model_sha256": hashlib.sha256((workplace / "clothes.keras").read_bytes()).hexdigest(),
        "keras_gan": keras_gan.__version__,
    }


@pytest.mark.slow
def test_what_is_told_without_a_run_and_where_an_option_says_more(workplace):
    export("plain.keras", "--output", "x")
    about = told("savedmodel", "x")
    assert about["latent_distribution"] == "normal"
    assert "classes" not in about
    assert "label" not in about["description"]
    export("labelled.keras", "--latent-distribution", "uniform", "--output", "y")
    about = told("savedmodel", "y")
    assert about["latent_distribution"] == "uniform"
    assert about["classes"] == list("0123456789")


@pytest.mark.on_tensorflow
def test_a_file_of_the_same_format_is_replaced_whole(workplace):
    needs("onnx")
    (workplace / "x.onnx").write_text("old")
    (workplace / "x").mkdir()
    export("plain.keras", "--output", "x.onnx")
    export("plain.keras", "--output", "x")
    assert len(draw_onnx("x.onnx", inputs_of(3, 10))) == 3
    assert len(draw_savedmodel("x", inputs_of(3, 10))) == 3
    assert not list(workplace.glob(".*"))


def test_a_terminal_shows_what_is_done_unless_it_should_not(workplace, capsys, monkeypatch):
    monkeypatch.setattr(type(sys.stderr), "isatty", lambda self: True, raising=False)
    export("plain.keras", "--output", "x")
    assert capsys.readouterr().err == (
        "plain.keras: exporting to SavedModel, and comparing with Keras.\n"
    )
    export("plain.keras", "--output", "y", "--quiet")
    assert capsys.readouterr().err == ""


def in_a_process_of_its_own(*commands, **env):
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from keras_gan.cli import main\n"
    code += f"print([main(['export', *words.split()]) for words in {commands}])"
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True)
    *lines, statuses = ended.stdout.splitlines()
    return lines, ended.stderr.splitlines(), json.loads(statuses)


@pytest.mark.on_tensorflow
@pytest.mark.slow
def test_a_process_says_one_line_for_each_export_and_no_more(workplace):
    for format in OUTPUTS:
        needs(format)
    commands = [f"plain.keras --output {output}" for output in OUTPUTS.values()]
    lines, errors, statuses = in_a_process_of_its_own(*commands)
    assert (errors, statuses) == ([], [0, 0, 0])
    assert [line.split(":")[0] for line in lines] == list(OUTPUTS.values())


@pytest.mark.on_tensorflow
@pytest.mark.slow
def test_the_blocks_of_the_page_draw(workplace):
    text = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    onnx, litert, savedmodel, labelled, onnx_told, litert_told = re.findall(
        r"```python\n(.*?)```", text, re.DOTALL
    )
    keras.utils.set_random_seed(0)
    as_if_trained(labelled_generator(10, latent_dim=100)).save("labelled.keras")
    as_if_trained(small_generator(100)).save("plain.keras")
    for output in ("generator.onnx", "generator.tflite", "generator"):
        export("plain.keras", "--output", output)
    for block in (onnx, litert, savedmodel):
        assert len([line for line in block.splitlines() if line and "import" not in line]) <= 5
        names = {}
        exec(block, names)
        assert names["images"].shape == (10, 28, 28, 1)
    names = {}
    exec(onnx + onnx_told + litert_told, names)
    assert names["about"]["latent_dim"] == 100
    export("labelled.keras", "--output", "generator.onnx")
    exec(onnx.replace("[images]", "# [images]") + labelled, names)
    assert names["images"].shape == (10, 28, 28, 1)


# What goes wrong leaves nothing.


@pytest.mark.on_tensorflow("onnx", "litert")
@pytest.mark.slow
@pytest.mark.parametrize("format", OUTPUTS)
def test_an_export_that_draws_other_images_leaves_nothing(format, workplace, capfd, monkeypatch):
    needs(format)
    kind = EXPORTS[format]
    write = kind.write

    def write_others(model, *others):
        model.set_weights([0.9 * weights for weights in model.get_weights()])
        write(model, *others)

    monkeypatch.setattr(kind, "write", write_others)
    before = content_of(workplace)
    assert main(["export", "plain.keras", "--output", OUTPUTS[format]]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "draws other images than Keras: a value differs by 0." in err
    assert content_of(workplace) == before


@pytest.mark.slow
def test_a_thousand_images_are_compared_in_batches_of_several_sizes(workplace, monkeypatch):
    monkeypatch.undo()
    monkeypatch.chdir(workplace)
    assert sum(comparing.BATCHES) == 1000
    load, seen = EXPORTS["savedmodel"].load, []

    def load_and_watch(path):
        draw, batch = load(path)
        return lambda inputs: seen.append(inputs) or draw(inputs), batch

    monkeypatch.setattr(EXPORTS["savedmodel"], "load", load_and_watch)
    export("labelled.keras", "--output", "x")
    assert {len(inputs["latent"]) for inputs in seen} == {100, 7}
    labels = np.concatenate([inputs["label"] for inputs in seen])
    np.testing.assert_array_equal(labels, np.arange(1000) % 10)
    latents = np.concatenate([inputs["latent"] for inputs in seen])
    np.testing.assert_array_equal(latents, draw_latents(np.random.default_rng(0), 1000, 10))


@pytest.mark.parametrize("drawn", [np.nan, "shape", "error"])
def test_a_runtime_that_draws_nothing_of_use_is_told(drawn, workplace, capfd, monkeypatch):
    def draw(inputs):
        if drawn == "error":
            raise RuntimeError("a kernel\nis missing")
        shape = (1, 1) if drawn == "shape" else (len(inputs["latent"]), 28, 28, 1)
        return np.full(shape, 0.5 if drawn == "shape" else drawn, "float32")

    monkeypatch.setattr(EXPORTS["savedmodel"], "load", lambda path: (draw, None))
    before = content_of(workplace)
    assert main(["export", "plain.keras", "--output", "x"]) == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    said = "(a kernel is missing)" if drawn == "error" else "draws other images than Keras"
    assert said in err
    assert content_of(workplace) == before


def test_a_fixed_size_of_batches_is_kept_and_told(workplace, capsys, monkeypatch):
    load, sizes = EXPORTS["savedmodel"].load, set()

    def load_of_eight(path):
        draw, _ = load(path)
        return lambda inputs: sizes.add(len(inputs["latent"])) or draw(inputs), 8

    monkeypatch.setattr(EXPORTS["savedmodel"], "load", load_of_eight)
    export("plain.keras", "--output", "x")
    assert sizes == {8}
    assert capsys.readouterr().out.endswith(", batches of 8\n")


STOP = KeyboardInterrupt(), 130, "stopped by SIGINT"
FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), 1, "No space left on device"
# TensorFlow has errors of its own.
FULL_FOR_TENSORFLOW = RuntimeError(f"[{FULL[2]}; Op:Save]"), *FULL[1:]


@pytest.mark.on_tensorflow("onnx", "litert")
@pytest.mark.parametrize(
    ("format", "failure", "status", "said"),
    [
        *((format, *STOP) for format in OUTPUTS),
        ("onnx", *FULL),
        ("savedmodel", *FULL_FOR_TENSORFLOW),
    ],
)
def test_a_stop_or_a_full_disk_leaves_nothing(
    format, failure, status, said, workplace, capfd, monkeypatch
):
    needs(format)

    write = EXPORTS[format].write

    def write_a_part(model, path, about):
        write(model, path, about)
        for file in filter(pathlib.Path.is_file, [path, *path.rglob("*")]):
            os.truncate(file, file.stat().st_size // 2)
        raise failure

    if format == "onnx":
        (workplace / "x.onnx").write_text("old")
    monkeypatch.setattr(EXPORTS[format], "write", write_a_part)
    before = content_of(workplace)
    assert main(["export", "plain.keras", "--output", OUTPUTS[format]]) == status
    out, err = capfd.readouterr()
    assert out == ""
    assert err.strip().count("\n") == 0
    assert said in err
    assert content_of(workplace) == before


@pytest.mark.parametrize("format", ["onnx", "litert"])
def test_a_missing_package_is_told_with_what_to_install(format, workplace, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, EXPORTS[format].PACKAGES[-1], None)
    assert main(["export", "plain.keras", "--output", OUTPUTS[format]]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert f"needs {EXPORTS[format].PACKAGES[-1].replace('_', '-')}; install" in err
    assert "pip install -r requirements-export.txt" in err
    assert 'pip install "keras-gan[export]"' in err


def test_a_format_of_ones_own_is_an_entry(workplace, capsys, monkeypatch):
    def write(model, path, about):
        np.savez(path, about["description"], *model.get_weights())

    def load(path):
        model = comparing.named(keras.saving.load_model("plain.keras"))
        return lambda inputs: model.predict_on_batch(inputs)["image"], None

    mine = types.SimpleNamespace(LABEL="Mine", SUFFIX=".npz", PACKAGES=(), write=write, load=load)
    monkeypatch.setitem(EXPORTS, "mine", mine)
    export("plain.keras", "--output", "x.npz")
    assert capsys.readouterr().out.startswith("x.npz: Mine, ")
    assert len(np.load("x.npz").files) > 1


@pytest.fixture
def mistaken(workplace):
    content = (workplace / "plain.keras").read_bytes()
    (workplace / "words.keras").write_text("no model")
    (workplace / "short.keras").write_bytes(content[: len(content) // 2])
    (workplace / "plain.h5").write_bytes(content)
    (workplace / "folder.keras").mkdir()
    small_discriminator().save("discriminator.keras")
    small_generator(last="tanh").save("centered.keras")
    keras.Sequential([keras.Input((6,)), layers.Lambda(lambda x: x)]).save("lambda.keras")
    (workplace / "full").mkdir()
    (workplace / "full" / "thesis.tex").touch()
    (workplace / "file").touch()
    (workplace / "a.onnx").mkdir()
    os.link("plain.keras", "same.onnx")
    os.symlink("plain.keras", "same.tflite")
    os.mkfifo("pipe.onnx")
    return workplace


MISTAKES = [
    ("--output x.onnx", "required: MODEL"),
    ("plain.keras", "required: --output"),
    ("absent.keras --output x.onnx", "absent.keras: no such file"),
    ("folder.keras --output x.onnx", "folder.keras: is a folder"),
    ("plain.h5 --output x.onnx", "expected a generator, a file .keras"),
    ("words.keras --output x.onnx", "is no Keras model"),
    ("short.keras --output x.tflite", "is no Keras model"),
    ("lambda.keras --output x", "Lambda"),
    ("discriminator.keras --output x.onnx", "expected a generator from (None, latent_dim)"),
    ("centered.keras --output x", "expected a generator of values from 0 to 1"),
    ("plain.keras --format openvino --output x", "invalid choice: 'openvino'"),
    ("plain.keras --output x.pb", "x.pb: expected a name that ends in .onnx or .tflite, or a"),
    ("plain.keras --output x.ONNX", "x.ONNX: expected a name that ends in .onnx"),
    ("plain.keras --output=", "the name is empty"),
    ("plain.keras --output plain.keras", "plain.keras: expected a name that ends in .onnx"),
    ("plain.keras --format savedmodel --output plain.keras", "plain.keras: is a file"),
    ("plain.keras --format onnx --output x.tflite", "ONNX is a file; name it .onnx"),
    ("plain.keras --format onnx --output x", "ONNX is a file; name it .onnx"),
    ("plain.keras --format onnx --output full", "ONNX is a file; name it .onnx"),
    ("plain.keras --format litert --output x.onnx", "LiteRT is a file; name it .tflite"),
    ("plain.keras --format savedmodel --output x.onnx", "is a folder; leave out .onnx"),
    ("plain.keras --output same.onnx", "same.onnx: is the generator itself"),
    ("plain.keras --output same.tflite", "same.tflite: is the generator itself"),
    ("plain.keras --output absent/x.onnx", "absent/x.onnx: cannot be written there"),
    ("plain.keras --output absent/x", "absent/x: cannot be made there"),
    ("plain.keras --output a.onnx", "a.onnx: cannot be written there"),
    ("plain.keras --output pipe.onnx", "pipe.onnx: is not a plain file"),
    ("plain.keras --output file", "file: is a file"),
    ("plain.keras --output file/x.onnx", "cannot be written there"),
    ("plain.keras --output full", "full: is not empty"),
    ("plain.keras --output .", ".: is not empty"),
    (f"plain.keras --output {'x' * 300}.onnx", "cannot be written there"),
    (f"plain.keras --output {'x' * 300}", "cannot be"),
    ("plain.keras --latent-distribution cauchy --output x", "invalid choice: 'cauchy'"),
    ("plain.keras --seed 3 --output x.onnx", "unrecognized arguments: --seed"),
    ("plain.keras x.onnx", "required: --output"),
]


@pytest.mark.parametrize(("arguments", "said"), MISTAKES)
def test_a_mistake_is_one_line_and_changes_nothing(arguments, said, mistaken, capfd):
    before = sorted(os.listdir(mistaken)), (mistaken / "plain.keras").read_bytes()
    assert main(["export", *arguments.split()]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1, err
    assert said in err
    assert before == (sorted(os.listdir(mistaken)), (mistaken / "plain.keras").read_bytes())
    assert os.listdir("full") == ["thesis.tex"]


@pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_one_line(workplace, capfd):
    (workplace / "locked").mkdir(mode=0o555)
    for output in OUTPUTS.values():
        assert main(["export", "plain.keras", "--output", f"locked/{output}"]) == 2
        assert capfd.readouterr().err.count("\n") == 1


def test_mistakes_are_found_before_keras_is_imported(workplace):
    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from keras_gan.cli import main
sys.modules["onnxruntime"] = None
for words in (
    "plain.keras --output x.onnx", "plain.keras --output x.pb", "absent.keras --output x",
    "plain.keras --output absent/x.tflite",
    "plain.keras --format onnx --output x",
):
    assert main(["export", *words.split()]) == 2
try: main(["export", "--help"])
except SystemExit: pass
assert not {{"keras", "tensorflow", "onnx", "ai_edge_litert"}} & set(sys.modules)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
@pytest.mark.skipif(importlib.util.find_spec("jax2onnx") is not None, reason="it would succeed")
def test_on_jax_keras_does_what_it_can_and_the_rest_names_the_backend(workplace):
    needs("onnx")
    needs("litert")
    commands = [f"labelled.keras --output {output}" for output in ("x.onnx", "x.tflite", "x")]
    jax = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    lines, errors, statuses = in_a_process_of_its_own(*commands, **jax)
    assert statuses == [2, 2, 0]
    assert len(errors) == 2
    assert all("set KERAS_BACKEND=tensorflow" in error for error in errors)
    assert [line.split(":")[0] for line in lines] == ["x"]
    assert not any((workplace / name).exists() for name in ("x.onnx", "x.tflite"))
    generator = keras.saving.load_model("labelled.keras")
    assert largest_difference("savedmodel", "x", generator, 10) <= 1e-5
