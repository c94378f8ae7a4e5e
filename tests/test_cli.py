"""The program as a user meets it: help, mistakes, and one whole run after another."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import threading

import keras
import numpy as np
import pytest
from conftest import ROOT
from PIL import Image
from program import run_main

from keras_gan.cli import main
from keras_gan.registry import COMMANDS
from keras_gan.runs.folders import LOCK_NAME

SETTINGS = ["--latent-dim", "10", "--batch-size", "64", "--no-jit-compile"]


def files_in(folder):
    return {path.relative_to(folder): path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.fixture
def workplace(digits, tmp_path, monkeypatch):
    """A current folder with all the kinds of files that a user may get wrong."""
    images = digits[0][..., 0]
    monkeypatch.chdir(tmp_path)
    np.savez("good.npz", x=images)
    np.savez("few.npz", x=images[:10])
    np.savez("none.npz", x=images[:0])
    np.savez("wide.npz", x=np.zeros((100, 32, 32), "uint8"))
    np.savez("colour.npz", x=np.zeros((100, 28, 28, 3), "uint8"))
    np.savez("flat.npz", x=images.reshape(-1, 784))
    np.savez("text.npz", x=np.full((100, 28, 28), "dark"))
    np.savez("complex.npz", x=images.astype("complex64"))
    np.savez("nan.npz", x=np.where(images > 200, np.nan, images))
    np.savez("infinite.npz", x=np.where(images > 200, np.inf, images))
    np.savez("negative.npz", x=images / 127.5 - 1)
    np.savez("bright.npz", x=images.astype("int32") * 4)
    np.savez("pickles.npz", x=np.array([{"an": "object"}] * 100, dtype=object))
    np.savez("names.npz", pictures=images)
    np.savez("labels.npz", x=images, y=np.arange(3))
    np.savez("real_labels.npz", x=images, y=np.linspace(0, 1, len(images)))
    (tmp_path / "short.npz").write_bytes((tmp_path / "good.npz").read_bytes()[:5000])
    (tmp_path / "short-images-idx3-ubyte").write_bytes(bytes([0, 0, 8, 3, 0, 0, 0, 9]))
    (tmp_path / "floats-images-idx3-ubyte").write_bytes(bytes([0, 0, 13, 3, 0, 0, 0, 9]))
    (tmp_path / "words.txt").write_text("no images here")
    (tmp_path / "nothing").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "big_pictures").mkdir()
    Image.new("L", (64, 64)).save(tmp_path / "big_pictures" / "a.png")
    (tmp_path / "broken_pictures").mkdir()
    (tmp_path / "broken_pictures" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    (tmp_path / "mixed").mkdir()
    Image.new("L", (28, 28)).save(tmp_path / "mixed" / "a.png")
    (tmp_path / "mixed" / "class").mkdir()
    Image.new("L", (28, 28)).save(tmp_path / "mixed" / "class" / "b.png")
    for name, file in (("plots", "real_samples.png"), ("models", "generator.keras")):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).touch()
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--epochs 0", "epochs must be a whole number from 1"),
        ("--epochs -3", "epochs"),
        ("--epochs ten", "--epochs: invalid int value: 'ten'"),
        ("--epochs 1.5", "--epochs"),
        ("--epochs", "--epochs: expected one argument"),
        ("--batch-size 0", "batch_size"),
        ("--batch-size 201", "200 images are less than the 201 of one step"),
        ("--batch-size 70 --discriminator-steps 3", "200 images are less than the 210 of one step"),
        ("--latent-dim 0", "latent_dim"),
        ("--latent-dim 10001", "latent_dim"),
        ("--learning-rate 0", "learning_rate must be a number above 0"),
        ("--learning-rate -1", "learning_rate"),
        ("--learning-rate nan", "learning_rate"),
        ("--learning-rate inf", "learning_rate"),
        ("--beta-1 1", "beta_1"),
        ("--beta-1 -0.1", "beta_1"),
        ("--beta-2 1", "beta_2"),
        ("--average 1", "average"),
        ("--penalty -1", "penalty must be a number from 0"),
        ("--label-smoothing 1", "label_smoothing"),
        ("--dropout 1", "dropout"),
        ("--fresh-latents -1", "fresh_latents must be a whole number from 0"),
        ("--discriminator-steps 0", "discriminator_steps"),
        ("--checkpoint-minutes 0", "checkpoint_minutes"),
        ("--preset vae", "vae"),
        ("--networks unet", "unet"),
        ("--loss mse", "mse"),
        ("--optimizer lion", "lion"),
        ("--latent-distribution cauchy", "cauchy"),
        ("--seed -1", "seed"),
        ("--seed 4294967296", "seed"),
        ("--plot-every 0", "plot_every"),
        ("--save-every 0", "save_every"),
        ("--evaluate-every 0", "evaluate_every"),
        ("--dataset cifar10", "cifar10"),
        ("--frobnicate", "--frobnicate"),
        ("now", "now"),
        ("--data absent.npz", "absent.npz: no such file or folder"),
        ("--data short.npz", "short.npz: cannot be read"),
        ("--data nothing", "nothing: expected an .npz"),
        ("--data words.txt", "words.txt: expected an .npz"),
        ("--data few.npz", "few.npz: 10 images are less than the 144 of one step"),
        ("--data none.npz", "none.npz: there is no image"),
        ("--data wide.npz", "(n, 28, 28, 1), found (100, 32, 32)"),
        ("--data colour.npz", "found (100, 28, 28, 3)"),
        ("--data flat.npz", "found (200, 784)"),
        ("--data text.npz", "found dtype <U4"),
        ("--data complex.npz", "found dtype complex64"),
        ("--data nan.npz", "NaN"),
        ("--data infinite.npz", "infinity"),
        ("--data negative.npz", "found -1.0 to 1.0"),
        ("--data bright.npz", "found 0 to 1020"),
        ("--data pickles.npz", "Object arrays cannot be loaded"),
        ("--data names.npz", "found the arrays: pictures"),
        ("--data labels.npz", "label"),
        ("--data real_labels.npz", "float64"),
        ("--data short-images-idx3-ubyte", "short-images-idx3-ubyte"),
        ("--data floats-images-idx3-ubyte", "found the first bytes 00 00 0d 03"),
        ("--data empty", "empty: no images there"),
        ("--data big_pictures", "found 64x64"),
        ("--data broken_pictures", "a.png: cannot be read"),
        ("--data mixed", "both in the folder and in sub-folders"),
        ("--plots-dir words.txt", "words.txt is a file"),
        ("--models-dir words.txt/models", "words.txt is a file"),
        ("--models-dir /proc/models", "/proc/models"),
        ("--models-dir thesis", "thesis: holds files that no run of this program left"),
        ("--plots-dir .", "current folder"),
        ("--plots-dir=", "plots_dir must be a path"),
        ("--plots-dir " + 300 * "a", "too long"),
        ("--data=two\nlines", "two lines: no such file"),
    ],
)
def test_a_mistake_is_one_line_and_changes_nothing(arguments, said, workplace, capfd):
    before = files_in(workplace)
    arguments = arguments.split(" ")
    if "--data" not in arguments[0]:
        arguments += ["--data", "good.npz"]
    assert main(arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "error: " in err
    assert said in err
    assert files_in(workplace) == before


@pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_one_line(workplace, capfd):
    (workplace / "locked").mkdir(mode=0o555)
    assert main(["--data", "good.npz", "--plots-dir", "locked/plots"]) == 2
    assert "permission" in capfd.readouterr().err


def test_a_mistake_ends_the_process_with_status_2(tmp_path):
    ended = run_main("--epochs", 0, cwd=tmp_path, cold=True)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert re.fullmatch(r"main.py: error: epochs must be [^\n]*, but is 0\n", ended.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--data", "absent"],
        ["--generator", "absent"],
        ["--discriminator", "absent"],
        ["--resume", "--data", "absent"],
        ["evaluate", "absent"],
        ["evaluate", ROOT / "main.py", "--data", "absent"],
    ],
)
def test_what_is_not_there_is_told_before_keras_starts(arguments, tmp_path):
    ended = run_main(*arguments, cwd=tmp_path, cold=True, env={"KERAS_BACKEND": "abacus"})
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert "absent: no such file or folder" in ended.stderr


@pytest.mark.slow
def test_a_backend_that_cannot_train_is_one_line(tmp_path, digits_file):
    ended = run_main("--data", digits_file, cwd=tmp_path, cold=True, env={"KERAS_BACKEND": "numpy"})
    assert ended.returncode == 2
    assert re.fullmatch(
        r"main.py: error: (KERAS_BACKEND must be|Keras cannot start)[^\n]*\n", ended.stderr
    )
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_backend_is_one_line(tmp_path):
    ended = run_main(cwd=tmp_path, cold=True, env={"KERAS_BACKEND": "abacus"})
    assert ended.returncode == 2
    assert re.fullmatch(r"main.py: error: Keras cannot start [^\n]*abacus[^\n]*\n", ended.stderr)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_lists_the_commands_and_each_has_its_own(command, capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert re.search(rf"^  {command} +\w", said, re.MULTILINE)
    assert "--epochs" in said
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert f" {command} " in capsys.readouterr().out.splitlines()[0]


def test_train_is_what_happens_without_a_command(workplace, capfd):
    for arguments in (["train"], []):
        assert main([*arguments, "--data", "few.npz"]) == 2
        assert "10 images are less than the 144 of one step" in capfd.readouterr().err


def test_the_package_is_a_program(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-m", "keras_gan", "--epochs", "0"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("python -m keras_gan: error: epochs must be")


def test_help_loads_nothing_heavy(tmp_path):
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from keras_gan.cli import main\n"
        "try: main(['--help'])\n"
        "finally: print(sorted({'tensorflow', 'keras', 'numpy'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ended.returncode == 0
    assert ended.stdout.endswith("[]\n")
    for option in ("--epochs", "--data", "--seed", "--plots-dir", "--models-dir", "--batch-size"):
        assert option in ended.stdout


@pytest.fixture(scope="module")
def run(digits_file, tmp_path_factory):
    """One whole run of three epochs, its output not on a terminal."""
    folder = tmp_path_factory.mktemp("run")
    arguments = ["--data", digits_file, "--epochs", 3, "--plot-every", 2, "--save-every", 2]
    ended = run_main(*arguments, *SETTINGS, cwd=folder)
    assert ended.returncode == 0, ended.stderr
    return folder, ended


PICTURES = [
    "accuracy_plot.png",
    "discriminator_plot.png",
    "gan_plot.png",
    "generated_plot_e000.png",
    "generated_plot_e002.png",
    "generated_plot_e003.png",
    "generator_plot.png",
    "interpolation_plot.png",
    "loss_plot.png",
    "metrics_plot.png",
    "progress_plot.png",
    "real_samples.png",
    "score_plot.png",
    "training.gif",
]


def test_a_run_leaves_every_file_and_no_other(run):
    folder, _ = run
    assert sorted(path.name for path in (folder / "plots").iterdir()) == sorted(
        [LOCK_NAME, "report.html", *PICTURES]
    )
    assert sorted(path.name for path in (folder / "models").iterdir()) == [
        LOCK_NAME,
        "README.md",
        "checkpoints",
        "config.json",
        "discriminator.keras",
        "generator.keras",
        "generator_best.keras",
        "generator_e002.keras",
        "history.csv",
        "real_metrics.json",
        "samples",
        "samples.npz",
    ]
    assert sorted(path.name for path in (folder / "models" / "samples").iterdir()) == [
        "e000000.npz",
        "e000002.npz",
        "e000003.npz",
    ]
    for name in PICTURES:
        with Image.open(folder / "plots" / name) as picture:
            picture.verify()
    assert sorted(path.name for path in folder.iterdir()) == ["models", "plots"]


def test_a_run_tells_data_device_sizes_and_a_line_an_epoch(run):
    _, ended = run
    lines = [line for line in ended.stderr.splitlines() if not line.startswith("Collapse?")]
    assert "200 images" in lines[0]
    assert "digits.npz" in lines[0]
    assert re.match(r"Device: (CPU|GPU)", lines[1])
    assert re.fullmatch(r"Parameters: generator [\d,]+, discriminator [\d,]+\.", lines[2])
    number = r"\d+\.\d{4}"
    for epoch, line in enumerate(lines[3:], start=1):
        assert re.fullmatch(
            rf"Epoch {epoch}/3 - d_loss: {number} - g_loss: {number} - D\(x\): {number} - "
            rf"D\(G\(z\)\): {number} - images/s: [\d,]+ - acc_real: {number} - "
            rf"acc_fake: {number} - \d+:\d\d left",
            line,
        )
    assert len(lines) == 6
    assert len(ended.stdout.splitlines()) == 1
    assert "generator.keras" in ended.stdout


def test_the_history_has_a_row_an_epoch(run):
    folder, _ = run
    with open(folder / "models" / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    for row in rows:
        assert 0 < float(row["real_score"]) < 1
        assert float(row["d_loss"]) > 0
        assert float(row["g_loss"]) > 0
    assert [row["fid"] != "" for row in rows] == [False, False, True]
    assert 0 <= float(rows[2]["coverage"]) <= 1


def test_the_settings_are_all_there(run, digits_file):
    folder, _ = run
    settings = json.loads((folder / "models" / "config.json").read_text())
    assert settings["epochs"] == 3
    assert settings["seed"] == 0
    assert settings["latent_dim"] == 10
    assert settings["data"] == str(digits_file)
    assert settings["images"] == 200
    assert settings["versions"]["keras"] == keras.__version__
    assert {"python", "numpy", "keras_gan", keras.backend.backend()} < set(settings["versions"])


LOAD_ALONE = """
import sys
sys.modules["keras_gan"] = None  # any import of it fails
import keras, numpy as np
generator = keras.saving.load_model(sys.argv[1])
images = generator.predict(np.random.default_rng(0).standard_normal((2, 10)), verbose=0)
assert images.shape == (2, 28, 28, 1), images.shape
assert images.dtype == np.float32
assert 0 <= images.min() and images.max() <= 1
assert abs(images[0] - images[1]).max() > 0.01
discriminator = keras.saving.load_model(sys.argv[2])
assert discriminator.predict(images, verbose=0).shape == (2, 1)
"""


@pytest.mark.slow
def test_the_networks_load_where_keras_gan_is_not(run, tmp_path):
    folder, _ = run
    models = [folder / "models" / name for name in ("generator.keras", "discriminator.keras")]
    ended = subprocess.run(
        [sys.executable, "-c", LOAD_ALONE, *models], cwd=tmp_path, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr


def weights_in(models):
    return keras.saving.load_model(models / "generator.keras").get_weights()


@pytest.mark.slow
def test_a_second_run_repeats_the_first_and_moves_it_aside(run, digits_file, tmp_path):
    place = shutil.copytree(run[0], tmp_path / "place")
    first = weights_in(place / "models")
    started = json.loads((place / "models" / "config.json").read_text())["started"]
    arguments = ["--data", digits_file, "--epochs", 3, "--plot-every", 3, *SETTINGS]
    ended = run_main(*arguments, cwd=place)
    assert ended.returncode == 0, ended.stderr
    name = started.replace(":", "-")
    for folder in ("plots", "models"):
        assert f"/{folder} is now in {place}/{folder}-{name}.\n" in ended.stderr
    assert (place / f"plots-{name}" / "generated_plot_e003.png").exists()
    kept, again = weights_in(place / f"models-{name}"), weights_in(place / "models")
    assert all(np.array_equal(a, b) for a, b in zip(first, kept, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


@pytest.mark.slow
def test_fewer_images_than_the_grid_has_room_for(digits, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("few.npz", x=digits[0][:70])
    quick = ["--networks", "mlp", "--epochs", "1", *SETTINGS]
    assert main(["--data", "few.npz", *quick]) == 0
    assert (tmp_path / "plots" / "generated_plot_e001.png").exists()


def test_without_network_one_line_says_so(tmp_path):
    nowhere = {"https_proxy": "http://127.0.0.1:9", "KERAS_HOME": str(tmp_path / "home")}
    ended = run_main("--dataset", "fashion_mnist", cwd=tmp_path, env=nowhere)
    assert ended.returncode == 2
    assert re.fullmatch(
        r"main.py: error: fashion_mnist could not [^\n]*--data[^\n]*\n", ended.stderr
    )


@pytest.mark.slow
def test_on_a_terminal_keras_bar_shows_the_values(digits_file, tmp_path):
    ours, theirs = pytest.importorskip("pty").openpty()
    arguments = ["--data", digits_file, "--networks", "mlp", "--epochs", 2, *SETTINGS]
    process = subprocess.Popen(
        [sys.executable, ROOT / "main.py", *map(str, arguments)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "COLUMNS": "200", "TERM": "xterm"},
    )
    os.close(theirs)
    seen = []

    def read():
        try:
            while chunk := os.read(ours, 4096):
                seen.append(chunk)
        except OSError:  # the program has closed its terminal
            pass

    reader = threading.Thread(target=read)
    reader.start()
    out, _ = process.communicate()
    reader.join()
    os.close(ours)
    assert process.returncode == 0
    screen = re.sub(r"\x1b\[[\d;]*m|\x08", "", b"".join(seen).decode())
    assert "Epoch 1/2" in screen
    assert re.search(r"Epoch 2/2 - \d+:\d\d left", screen)
    bars = [part for part in re.split(r"[\r\n]+", screen) if re.match(r" *3/3 ", part)]
    for label in ("d_loss", "g_loss", "D(x)", "D(G(z))", "images/s", "acc_real", "acc_fake"):
        assert f"{label}: " in bars[-1]
    assert b"\r" not in out
