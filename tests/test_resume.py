"""A run that is stopped, killed or starved goes on as if nothing had happened."""

import contextlib
import dataclasses
import itertools
import json
import os
import pathlib
import random
import re
import subprocess

import hypothesis
import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import layers
from program import outcome as program_outcome
from program import run_main, start_main

from keras_gan import (
    NETWORKS,
    AveragedGenerator,
    Checkpoints,
    Config,
    ModelFiles,
    Position,
    build_composite,
    build_discriminator,
    build_generator,
    configure,
    train,
)
from keras_gan.cli import main
from keras_gan.errors import DiskError, DivergenceError
from keras_gan.files import append_line
from keras_gan.runs import job, preparing, resuming
from keras_gan.runs.folders import LOCK_NAME, held
from keras_gan.training.checkpoint import load_checkpoint, load_newest, save_checkpoint
from keras_gan.training.state import state_variables

# Small networks, where a test is not about them.
SETTINGS = ["--networks", "mlp", "--latent-dim", "4", "--batch-size", "16", "--no-jit-compile"]
SETTINGS += ["--epochs", "3", "--evaluate-every", "2"]


def outcome(folder):
    """All that a run leaves and that must be the same however often it was stopped."""
    models = folder / "models"
    pictures = {
        path.name: path.read_bytes()
        for pattern in ("plots/*.png", "plots/*.gif", "models/*.npz", "models/samples/*.npz")
        for path in folder.glob(pattern)
    }
    history = (models / "history.csv").read_text()
    weights = {
        path.name: keras.saving.load_model(path).get_weights() for path in models.glob("*.keras")
    }
    newest, passed_over = load_newest(models / "checkpoints")
    assert not passed_over
    return pictures, history, weights, newest.arrays


def equal(arrays, others):
    return all(np.array_equal(a, b) for a, b in zip(arrays, others, strict=True))


def assert_same(folder, unbroken):
    pictures, history, weights, arrays = outcome(folder)
    assert history == unbroken[1]
    assert weights.keys() == unbroken[2].keys()
    for name in weights:
        assert equal(weights[name], unbroken[2][name]), name
    assert equal(arrays, unbroken[3])
    assert pictures == unbroken[0]


def unbroken_run(folder, *arguments):
    done = run_main(*arguments, *SETTINGS, cwd=folder)
    assert done.returncode == 0, done.stderr
    return outcome(folder)


@pytest.fixture(scope="module")
def unbroken(digits_file, tmp_path_factory):
    return unbroken_run(tmp_path_factory.mktemp("unbroken"), "--data", digits_file)


@pytest.mark.slow
@pytest.mark.parametrize(
    "misfortunes",
    [
        [
            ("half", "epoch_000000_step_000000.ckpt"),
            ("before", "generated_plot_e001.png"),
            ("half", "epoch_000002*.ckpt"),
            ("after", "epoch_000002*.ckpt"),
            ("before", "discriminator.keras"),
        ],
        [
            ("SIGINT", "real_samples.png"),
            ("SIGINT", "9"),  # in the middle of the first epoch
            ("SIGTERM", "history.csv"),
            ("SIGINT2", "loss_plot.png"),
            ("SIGTERM2", "metrics_plot.png"),
        ],
    ],
    ids=["killed", "told to stop"],
)
def test_a_run_that_was_stopped_goes_on_as_the_same_run(
    misfortunes, digits_file, unbroken, tmp_path
):
    arguments = ["--data", str(digits_file), *SETTINGS, "--resume"]
    statuses = {"SIGINT": 130, "SIGTERM": 143}
    for kind, pattern in misfortunes:
        stopped = run_main(*arguments, cwd=tmp_path, misfortune=(kind, pattern))
        assert stopped.returncode == statuses.get(kind.rstrip("2"), -9), stopped.stderr
        if kind.rstrip("2") in statuses:
            last = stopped.stderr.splitlines()[-1]
            assert last.startswith(f"main.py: stopped by {kind.rstrip('2')}; go on with: python ")
            assert last.endswith(" --resume")
    # With the settings of the run, which need not be given again.
    done = run_main("--resume", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert_same(tmp_path, unbroken)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", [(), ("--conditional",)], ids=["plain", "conditional"])
def test_a_run_that_is_killed_at_any_moment(recipe, digits_file, tmp_path, request):
    """`--kills 200` draws that many moments; every run that ends is compared."""
    kills = request.config.getoption("--kills")
    draw = random.Random(kills)
    if recipe:
        (tmp_path / "unbroken").mkdir()
        unbroken = unbroken_run(tmp_path / "unbroken", "--data", digits_file, *recipe)
    else:
        unbroken = request.getfixturevalue("unbroken")
    arguments = ["--data", digits_file, *recipe, *SETTINGS, "--resume"]
    arguments += ["--checkpoint-minutes", "0.0001"]  # after every step
    finished, folder = 0, None
    while kills > 0 or folder:
        folder = folder or tmp_path / f"run_{finished}"
        folder.mkdir(exist_ok=True)
        process, printed = start_main(*arguments, cwd=folder)
        while process.is_alive() and not has_begun(printed):
            process.join(0.05)
        process.join(draw.uniform(0, 6) if kills > 0 else None)
        if process.is_alive():
            process.kill()
            process.join()
            kills -= 1
        ended = program_outcome(process, printed)
        assert ended.returncode in (0, -9), ended.stderr
        if ended.returncode == 0:
            assert_same(folder, unbroken)
            finished, folder = finished + 1, None
    print(f"{request.config.getoption('--kills')} kills, {finished} runs finished and compared")
    assert finished


def has_begun(printed):
    stderr = printed / "stderr"
    return stderr.exists() and "Parameters:" in stderr.read_text()


def tiny_generator(latent_dim=3):
    return keras.Sequential(
        [
            keras.Input((latent_dim,), name="latent"),
            layers.Dense(784, "sigmoid", name="draw"),
            layers.Reshape((28, 28, 1), name="image"),
        ],
        name="generator",
    )


def tiny_discriminator(units=1):
    return keras.Sequential(
        [
            keras.Input((28, 28, 1), name="image"),
            layers.Flatten(name="flatten"),
            *([layers.Dense(units, name="more")] if units > 1 else []),
            layers.Dense(1, name="logit"),
        ],
        name="discriminator",
    )


def tiny_networks(monkeypatch):
    """Networks that are quickly traced, where a test is not about the networks."""
    monkeypatch.setitem(
        NETWORKS,
        "default",
        lambda latent_dim, _: (tiny_generator(latent_dim), tiny_discriminator()),
    )


@pytest.fixture
def settings(digits, tmp_path, monkeypatch, quick_pictures):
    """Settings of a quick run without labels, in a folder of its own."""
    tiny_networks(monkeypatch)
    monkeypatch.chdir(tmp_path)
    np.savez(tmp_path / "digits.npz", x=digits[0][:100, ..., 0])
    return {
        "data": "digits.npz",
        "epochs": 2,
        "batch_size": 50,
        "latent_dim": 3,
        "quiet": True,
    }


class FailingWrites:
    """Lets one of the files that get their names, in their order, fail to get it."""

    def __init__(self, monkeypatch):
        self.names, self.failing = [], None
        self.replace = os.replace
        monkeypatch.setattr(os, "replace", self)

    def __call__(self, source, target):
        self.names.append(pathlib.Path(target).name)
        if len(self.names) - 1 == self.failing:
            raise OSError(28, "No space left on device", str(target))
        self.replace(source, target)

    def one_of_each_kind(self):
        """The last file of each kind, and the first checkpoint, before which there is none."""
        kinds = [
            re.sub(r"\w+_plot\w*|generator\w*|discriminator|\d+", "#", name) for name in self.names
        ]
        last = {kind: n for n, kind in enumerate(kinds)}
        return sorted({*last.values(), kinds.index("epoch_#_step_#.ckpt")})


@pytest.mark.slow
@pytest.mark.parametrize(
    "recipe",
    [
        "--preset mlp-dropout",
        "--preset wgan-gp --networks mlp --latent-distribution uniform --discriminator-steps 3"
        " --no-jit-compile",
        "--preset mlp --mixed-precision --optimizer rmsprop --no-jit-compile",
        "--preset lsgan --networks mlp --optimizer sgd --label-smoothing 0.1",
        "--conditional --learning-rate-decay 0 --networks mlp --fresh-latents 2 --no-jit-compile",
    ],
)
def test_a_run_of_any_recipe_is_resumed_as_it_was(
    recipe, digits, tmp_path, monkeypatch, quick_pictures
):
    monkeypatch.chdir(tmp_path)
    labels = {"y": digits[1][:110]} if "--conditional" in recipe else {}
    np.savez(tmp_path / "digits.npz", x=digits[0][:110, ..., 0], **labels)
    arguments = ["--data", "digits.npz", "--quiet", "--batch-size", "20", *recipe.split()]
    assert main([*arguments, "--epochs", "3"]) == 0
    unbroken = outcome(tmp_path)
    assert main([*arguments, "--epochs", "2"]) == 0
    assert main(["--resume", "--epochs", "3", "--quiet"]) == 0
    assert_same(tmp_path, unbroken)


@pytest.mark.slow
def test_whatever_write_fails_the_run_goes_on(settings, tmp_path, monkeypatch):
    writes = FailingWrites(monkeypatch)
    (tmp_path / "whole").mkdir()
    monkeypatch.chdir(tmp_path / "whole")
    settings |= {"data": str(tmp_path / "digits.npz"), "epochs": 1, "save_every": 1}
    job.run(configure(**settings))  # as `resume` does where there is no checkpoint yet
    failing = writes.one_of_each_kind()
    whole = outcome(tmp_path / "whole")
    for n in failing:
        folder = tmp_path / f"failed_{n}"
        folder.mkdir()
        monkeypatch.chdir(folder)
        writes.names, writes.failing = [], n
        with pytest.raises(DiskError, match="No space left"):
            job.run(configure(**settings))
        writes.failing = None
        assert not list(folder.rglob(".*.tmp*"))
        job.resume(**settings)
        assert_same(folder, whole)
    assert len(failing) > 9


FILES = ["config.json", "real_samples.png", "history.csv", "generator.keras", "run.log"]


@pytest.fixture
def small_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if not hasattr(os, "geteuid") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small disk can be mounted by root alone")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("full_at", ["*.ckpt", *FILES])
def test_a_full_disk_ends_the_run_in_one_line(full_at, settings, small_disk, monkeypatch, capsys):
    """The disk is really full from the first write of that kind on."""
    from keras_gan import files

    settings["data"] = str(pathlib.Path(settings["data"]).resolve())
    monkeypatch.chdir(small_disk)
    write, append = files.write_whole, files.append_line
    ballast = pathlib.Path("ballast")

    def fill():
        with contextlib.suppress(OSError), open(ballast, "wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    @contextlib.contextmanager
    def write_to_a_full_disk(path):
        if pathlib.Path(path).match(full_at):
            fill()
        with write(path) as temporary:
            yield temporary

    def append_to_a_full_disk(path, line):
        if pathlib.Path(path).match(full_at) and "epoch" in line:
            fill()
            line = line * 40  # more than is left of the file's last block
        append(path, line)

    for module in ("files", "callbacks.history", "callbacks.models"):
        monkeypatch.setattr(f"keras_gan.{module}.write_whole", write_to_a_full_disk)
    monkeypatch.setattr("keras_gan.callbacks.log.append_line", append_to_a_full_disk)
    arguments = ["--log", "run.log"]
    for name, value in settings.items():
        flag = ("--no-" if value is False else "--") + name.replace("_", "-")
        arguments += [flag] if isinstance(value, bool) else [flag, str(value)]
    assert main(arguments) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert "No space left on device" in said[0]
    assert not [path for path in small_disk.rglob(".*") if path.name != LOCK_NAME]

    monkeypatch.undo()
    tiny_networks(monkeypatch)
    monkeypatch.chdir(small_disk)
    ballast.unlink()
    assert main([*arguments, "--resume"]) == 0
    assert len(pathlib.Path("models/history.csv").read_text().splitlines()) == 1 + 2


def checkpoint_folder(folder):
    """Two checkpoints of a training of one variable; their variables hold 1 and 2."""
    for epoch in (1, 2):
        position = Position(np.random.default_rng(epoch), epoch=epoch)
        save_checkpoint(folder, {"n": epoch}, position, [keras.Variable(np.full(9, epoch))])
    return sorted(folder.iterdir())


def damage(kind, content, start, length):
    if kind == "truncated":
        return content[:start]
    if kind == "flipped":
        return content[:start] + bytes([content[start] ^ 255]) + content[start + 1 :]
    if kind == "zeroed":
        return content[:start] + bytes(length) + content[start + length :]
    if kind == "longer":
        return content + content[:length]
    return b""


@hypothesis.settings(deadline=None)
@given(
    kind=st.sampled_from(["truncated", "flipped", "zeroed", "longer", "emptied"]),
    place=st.floats(0, 1, exclude_max=True),
    length=st.integers(1, 400),
)
def test_a_damaged_checkpoint_is_passed_over(kind, place, length, tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints")
    older, newer = checkpoint_folder(folder)
    content = newer.read_bytes()
    damaged = damage(kind, content, int(place * len(content)), length)
    newer.write_bytes(damaged)
    found, passed_over = load_newest(folder)
    if damaged == content:
        assert found.about == {"n": 2}
        assert not passed_over
        return
    assert found.about == {"n": 1}
    assert found.arrays[0].tolist() == [1] * 9
    assert list(passed_over) == [newer]
    older.unlink()
    assert load_newest(folder)[0] is None


def test_two_checkpoints_are_kept_and_none_from_the_future(tmp_path):
    variables = [keras.Variable(np.zeros(3))]
    for epoch, step in [(0, 0), (0, 7), (1, 0), (9, 0), (1, 2)]:
        position = Position(np.random.default_rng(0), epoch=epoch, step=step)
        save_checkpoint(tmp_path, {}, position, variables)
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        "epoch_000001_step_000000.ckpt",
        "epoch_000001_step_000002.ckpt",
    ]


@pytest.mark.slow
def test_damaged_checkpoints_are_told(settings, tmp_path, capsys):
    settings["quiet"] = False
    job.run(Config(**settings))
    whole = outcome(tmp_path)
    older, newer = sorted((tmp_path / "models" / "checkpoints").iterdir())
    newer.write_bytes(newer.read_bytes()[:1000])
    capsys.readouterr()
    assert main(["--resume"]) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith(f"Passed over {newer.relative_to(tmp_path)}: it is damaged")
    assert "Resumed after epoch 1, step 0." in said
    assert_same(tmp_path, whole)
    for path in (older, newer):
        path.write_bytes(b"")
    assert main(["--resume"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 3
    assert "no checkpoint is whole; start again without --resume" in said[-1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--batch-size", "20"], "batch_size is 50 in the run to resume and cannot become 20"),
        (["--latent-dim", "4"], "latent_dim is 3"),
        (["--learning-rate", "0.1"], "learning_rate is 0.0015"),
        (["--penalty", "0"], "penalty is 0.02"),
        (["--average", "0"], "average is 0.9995"),
        (["--beta-1", "0.1"], "beta_1 is 0.5"),
        (["--seed", "1"], "seed is 0"),
        (["--preset", "tutorial"], "preset is default"),
        (["--data", "others.npz"], "others.npz: these are not the images of the run to resume"),
        (["--epochs", "0"], "epochs must be"),
        (["--epochs", "1"], "epochs cannot become 1: the run to resume has already gone further"),
        (["--plots-dir", "thesis"], "thesis: holds files that no run of this program left"),
        (["--log", "none/run.log"], "run.log: cannot be written there"),
    ],
)
def test_what_a_resumed_run_cannot_change(arguments, said, resumable, capsys):
    before = {path: path.stat().st_mtime_ns for path in resumable.rglob("*")}
    capsys.readouterr()
    assert main(["--resume", *arguments]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert said in lines[-1]
    assert {path: path.stat().st_mtime_ns for path in resumable.rglob("*")} == before


@pytest.fixture(scope="module")
def finished_run(digits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    np.savez(folder / "digits.npz", x=digits[0][:100, ..., 0])
    np.savez(folder / "others.npz", x=digits[0][100:, ..., 0])
    with pytest.MonkeyPatch.context() as monkeypatch:
        tiny_networks(monkeypatch)
        monkeypatch.chdir(folder)
        job.run(Config(data="digits.npz", epochs=2, batch_size=50, latent_dim=3, quiet=True))
    (folder / "thesis").mkdir()
    (folder / "thesis" / "loss_plot.png").touch()
    return folder


@pytest.fixture
def resumable(finished_run, monkeypatch):
    tiny_networks(monkeypatch)
    monkeypatch.chdir(finished_run)
    return finished_run


def test_more_epochs_go_back_to_before_the_rate_fell(settings, tmp_path, monkeypatch, capsys):
    settings |= {"data": str(tmp_path / "digits.npz"), "learning_rate_decay": 0.5}
    for folder, epochs in (("in_one_go", [6]), ("in_three", [5, 5, 6])):
        (tmp_path / folder).mkdir()
        monkeypatch.chdir(tmp_path / folder)
        job.run(Config(**settings | {"epochs": epochs[0]}))
        for more in epochs[1:]:
            job.resume(epochs=more)
    assert "fall towards epoch 5: going back to epoch 2" in capsys.readouterr().err
    assert_same(tmp_path / "in_three", outcome(tmp_path / "in_one_go"))


def test_a_rate_that_has_fallen_is_tied_to_the_number_of_epochs(settings, capsys):
    job.run(Config(**settings, learning_rate_decay=0.5))
    for path in pathlib.Path("models/checkpoints").glob("epoch_000001_*"):
        path.unlink()
    arguments = ["--resume", "--quiet", "--epochs"]
    assert main([*arguments, "3"]) == 2
    assert "epochs is 2 in the run to resume and cannot become 3, since" in capsys.readouterr().err
    assert main([*arguments, "2"]) == 0


@pytest.mark.slow
def test_a_run_is_not_resumed_on_another_backend(resumable):
    other = "jax" if keras.backend.backend() == "tensorflow" else "tensorflow"
    pytest.importorskip(other)
    refused = run_main("--resume", cwd=resumable, cold=True, env={"KERAS_BACKEND": other})
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1
    assert f"cannot become {other}; set KERAS_BACKEND=" in refused.stderr


def test_a_folder_takes_one_run_at_a_time(resumable, capsys):
    for arguments in (["--resume"], ["--data", "digits.npz", "--batch-size", "50"]):
        with held("plots", "models", resumed=["plots", "models"]):
            assert main(arguments) == 2
        assert "another run is writing there" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.slow
def test_more_epochs_go_further(settings, tmp_path, monkeypatch):
    (tmp_path / "in_one_go").mkdir()
    monkeypatch.chdir(tmp_path / "in_one_go")
    settings["data"] = str(tmp_path / "digits.npz")
    job.run(Config(**settings | {"epochs": 4}))
    (tmp_path / "in_two").mkdir()
    monkeypatch.chdir(tmp_path / "in_two")
    job.run(Config(**settings | {"epochs": 1}))
    job.resume(epochs=4)
    assert_same(tmp_path / "in_two", outcome(tmp_path / "in_one_go"))
    assert json.loads(pathlib.Path("models/config.json").read_text())["epochs"] == 4


@pytest.mark.slow
def test_without_a_checkpoint_a_run_starts_from_the_beginning(settings, capsys):
    job.resume(**settings)
    assert "No checkpoint in models/checkpoints: starting" in capsys.readouterr().err


class Poison(keras.callbacks.Callback):
    def __init__(self, where, value):
        super().__init__()
        self.where, self.value = where, value

    def on_train_batch_end(self, batch, logs=None):
        if batch == self.where:
            variable = self.model.generator.trainable_variables[0]
            variable.assign(np.full(variable.shape, self.value))


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(
    ("where", "said"),
    [
        (0, r"(d_loss|g_loss|fake_score) became (nan|inf) in epoch 1, step 2"),
        (1, r"generator/draw/kernel is no longer finite after epoch 1, step 2"),
    ],
)
def test_a_training_that_diverges_ends_with_the_last_good_checkpoint(
    value, where, said, digits, tmp_path, monkeypatch
):
    tiny_networks(monkeypatch)
    composite = build_composite(tiny_generator(), tiny_discriminator())
    position = Position(np.random.default_rng(0))
    checkpoints = Checkpoints(tmp_path / "checkpoints", {}, position, composite.variables)
    files = ModelFiles(tmp_path, every=1)
    with pytest.raises(DivergenceError, match=said):
        train(
            composite,
            digits[0][:100],
            batch_size=50,
            callbacks=[Poison(where, value), files, checkpoints],
            position=position,
        )
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoints"]
    [path] = (tmp_path / "checkpoints").iterdir()
    good = load_checkpoint(path)
    assert good.position.epoch == 0
    assert all(np.isfinite(array).all() for array in good.arrays)


@pytest.mark.slow
def test_a_run_that_diverges_says_so(settings, capsys, monkeypatch):
    job.run(Config(**settings))
    monkeypatch.setattr(
        "keras_gan.training.loop.to_unit_range", lambda images: images * np.float32("nan")
    )
    assert main(["--resume", "--epochs", "3"]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert "d_loss became nan in epoch 3, step 1" in said
    monkeypatch.undo()


BROKEN_PICTURES = {
    "plot_images": ["real_samples.png", "generated_plot"],
    "plot_curves": ["loss_plot.png, accuracy_plot.png or score_plot.png"],
    "plot_model": ["generator_plot.png", "discriminator_plot.png", "gan_plot.png"],
}


@pytest.mark.parametrize("broken", BROKEN_PICTURES)
def test_a_broken_picture_is_told_once_and_training_goes_on(broken, settings, capfd, monkeypatch):
    failures = itertools.count(1)

    def fail(*arguments, **options):
        raise FileNotFoundError(f"no font, for the {next(failures)}th time")

    for module in ("samples", "real_samples", "curves", "metrics", "diagrams"):
        monkeypatch.setattr(f"keras_gan.callbacks.{module}.{broken}", fail, raising=False)
    job.run(Config(**settings))
    said = [line for line in capfd.readouterr().err.splitlines() if "no font" in line]
    names = [line.split(" could not be made")[0] for line in said]
    assert names == BROKEN_PICTURES[broken]
    assert pathlib.Path("models/generator.keras").exists()


@pytest.mark.slow
@pytest.mark.parametrize(("in_a_call", "stop_after", "saved_at"), [(1, 4, 4), (3, 3, 3), (3, 2, 3)])
def test_checkpoints_within_an_epoch(in_a_call, stop_after, saved_at, digits, tmp_path):
    """A training of one epoch that is resumed in its middle ends as one that was not."""
    images = digits[0][:100]

    def trained(folder, stop_after=None, resume=False):
        keras.utils.set_random_seed(1)
        composite = build_composite(build_generator(4), build_discriminator(), jit_compile=True)
        average = AveragedGenerator(composite.generator, every=3)
        variables = state_variables(composite) + average.generator.variables
        position = Position(np.random.default_rng(1))
        if resume:
            newest, _ = load_newest(folder)
            position = newest.position
            assert position.step == saved_at
            for variable, array in zip(variables, newest.arrays, strict=True):
                variable.assign(array)
        checkpoints = Checkpoints(folder, {}, position, variables, minutes=1e-9)
        stopper = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: (
                checkpoints.stop.receive(2) if batch + 1 == stop_after and not resume else None
            )
        )
        train(
            composite,
            images,
            epochs=1,
            batch_size=16,
            callbacks=[stopper, average, checkpoints],
            steps_per_execution=in_a_call,
            position=position,
        )
        return load_newest(folder)[0]

    whole = trained(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "broken", stop_after=stop_after)
    resumed = trained(tmp_path / "broken", stop_after=stop_after, resume=True)
    assert equal(whole.arrays, resumed.arrays)
    del whole.position.history[0]["images_per_second"]
    del resumed.position.history[0]["images_per_second"]
    assert whole.position.history == resumed.position.history


def test_the_log_tells_the_story(settings, capsys):
    arguments = ["--log", "run.log", "--data", "digits.npz", "--batch-size", "50", "--quiet"]
    assert main([*arguments, "--epochs", "1"]) == 0
    captured = capsys.readouterr()
    assert "Epoch" not in captured.err
    assert "Parameters" not in captured.err
    assert captured.out.splitlines()[-1].startswith("Trained generator: ")
    lines = [line.split(" ", 1)[1] for line in pathlib.Path("run.log").read_text().splitlines()]
    assert lines[0] == "started"
    assert lines[1].startswith("epoch 1/1 d_loss=")
    assert lines[2] == "ended: finished"


@pytest.mark.slow
def test_a_run_goes_on_wherever_its_folders_are(settings, tmp_path, monkeypatch):
    places = {"plots_dir": "out/plots", "models_dir": "out/models", "log": "out/run.log"}
    (tmp_path / "out").mkdir()
    job.run(Config(**settings | places))
    (tmp_path / "out").rename(tmp_path / "moved")
    for folder, models_dir in ((tmp_path / "moved", "models"), (tmp_path / "moved" / "plots", "")):
        monkeypatch.chdir(folder)
        epochs = len((tmp_path / "moved" / "run.log").read_text().splitlines())
        job.resume(models_dir=models_dir or "../models", epochs=epochs)
        assert (tmp_path / "moved" / "plots" / f"generated_plot_e{epochs:03}.png").exists()
        assert f"epoch {epochs}/{epochs}" in (tmp_path / "moved" / "run.log").read_text()
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"digits.npz", "moved"}
    left = {path.name for path in (tmp_path / "moved").iterdir()}
    assert left == {"plots", "models", "run.log"}


@pytest.mark.slow
def test_a_run_that_began_without_a_network_goes_on_with_one(settings, monkeypatch):
    embedded = resuming.embedded_digits()
    few = dataclasses.replace(embedded, images=embedded.images[::50], labels=None)
    monkeypatch.setattr(resuming, "embedded_digits", lambda: few)
    monkeypatch.setattr(preparing, "load_data", lambda dataset, data: few)
    del settings["data"]
    job.run(Config(**settings))
    downloaded = dataclasses.replace(embedded, labels=None, source="from the network")
    monkeypatch.setattr(preparing, "load_data", lambda dataset, data: downloaded)
    job.resume(epochs=3)
    assert len(pathlib.Path("models/history.csv").read_text().splitlines()) == 1 + 3


def test_stopped_before_it_began_a_run_cannot_go_on(settings, capsys, monkeypatch):
    def interrupt(dataset, data):
        raise KeyboardInterrupt

    monkeypatch.setattr(preparing, "load_data", interrupt)
    assert main(["--data", "digits.npz"]) == 130
    assert capsys.readouterr().err.endswith(": stopped by SIGINT\n")


@pytest.mark.slow
def test_another_run_that_went_on_meanwhile_is_not_lost(settings, capsys, monkeypatch):
    job.run(Config(**settings))
    load_data = preparing.load_data

    def load_while_another_goes_on(dataset, data):
        monkeypatch.setattr(preparing, "load_data", load_data)
        job.resume(epochs=4)
        return load_data(dataset, data)

    monkeypatch.setattr(preparing, "load_data", load_while_another_goes_on)
    assert main(["--resume", "--epochs", "3"]) == 2
    assert "another run was at work there" in capsys.readouterr().err
    assert len(pathlib.Path("models/history.csv").read_text().splitlines()) == 1 + 4


def test_a_run_of_other_networks_or_settings_is_refused(settings, capsys, monkeypatch):
    job.run(Config(**settings))
    monkeypatch.setitem(
        NETWORKS,
        "default",
        lambda latent_dim, _: (tiny_generator(latent_dim), tiny_discriminator(units=2)),
    )
    assert main(["--resume"]) == 2
    assert "the state of other networks" in capsys.readouterr().err.splitlines()[-1]
    [*_, path] = sorted(pathlib.Path("models/checkpoints").iterdir())
    found = load_checkpoint(path)
    del found.about["settings"]["penalty"]
    save_checkpoint(path.parent, found.about, found.position, [])
    assert main(["--resume"]) == 2
    assert "begun by another version" in capsys.readouterr().err.splitlines()[-1]


def test_a_log_that_cannot_be_written_is_told_before_anything_changes(resumable, capsys):
    before = {path: path.stat().st_mtime_ns for path in resumable.rglob("*")}
    for log, said in (
        ("none/run.log", "cannot be written there"),
        (".", "cannot be written there"),
        ("models/checkpoints", "cannot be written there"),
        ("models/checkpoints/run.log", "inside one of the run's own"),
    ):
        assert main(["--data", "digits.npz", "--batch-size", "50", "--log", log]) == 2
        assert said in capsys.readouterr().err.splitlines()[-1]
    assert {path: path.stat().st_mtime_ns for path in resumable.rglob("*")} == before


def test_half_a_line_is_not_left_in_a_log(tmp_path):
    resource = pytest.importorskip("resource")
    log = tmp_path / "run.log"
    append_line(log, "one")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(DiskError):
            append_line(log, "a long line")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert log.read_text() == "one\n"


def test_what_a_kill_left_half_written_is_removed(tmp_path):
    (tmp_path / ".epoch_000000_step_000003.tmp.ckpt").touch()
    save_checkpoint(tmp_path, {}, Position(np.random.default_rng(0)), [])
    assert [path.name for path in tmp_path.iterdir()] == ["epoch_000000_step_000000.ckpt"]


@pytest.mark.slow
def test_a_run_goes_on_where_its_folder_is_a_link(settings, tmp_path):
    (tmp_path / "big_disk").mkdir()
    (tmp_path / "models").symlink_to(tmp_path / "big_disk")
    job.run(Config(**settings))
    job.resume(epochs=3)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == [
        "big_disk",
        "models",
        "plots",
    ]
    assert (tmp_path / "plots" / "generated_plot_e000.png").exists()
