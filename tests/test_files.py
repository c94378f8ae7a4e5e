"""Files are written whole, and nothing of an earlier run is lost."""

import errno
import json
import os
import pathlib

import pytest

from keras_gan.errors import DiskError, UserError
from keras_gan.files import append_line, write_text, write_whole
from keras_gan.runs.folders import LOCK_NAME, held


def fail_after_a_part(path):
    with write_whole(path) as temporary:
        temporary.write_text("half of the n")
        raise OSError("disk full")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "history.csv"
    write_text(path, "old")
    with pytest.raises(OSError, match="disk full"):
        fail_after_a_part(path)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["history.csv"]


def test_the_old_file_is_seen_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "history.csv"
    write_text(path, "old")
    with write_whole(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
        assert temporary.parent == path.parent
    assert path.read_text() == "new"


def claim(*folders, **options):
    with held(*folders, **options) as moves:
        return moves


def shown(folder):
    return sorted(path.name for path in folder.rglob("*") if path.name != LOCK_NAME)


def leave_run(plots, models, started):
    plots.mkdir(parents=True, exist_ok=True)
    models.mkdir(parents=True, exist_ok=True)
    (plots / "real_samples.png").write_bytes(b"picture")
    settings = {"plots_dir": str(plots), "models_dir": str(models), "started": started}
    (models / "config.json").write_text(json.dumps(settings))


def test_earlier_runs_are_moved_aside_under_their_start_times(tmp_path):
    plots, models = tmp_path / "plots", tmp_path / "models"
    plots.mkdir()
    (plots / ".gitkeep").touch()
    assert claim(plots, models) == []
    for started in ("2026-01-02T03:04:05", "2026-01-02T03:04:05", "2026-02-03T04:05:06"):
        for folder in (plots, models):
            for hidden in folder.iterdir():
                hidden.unlink()
            folder.rmdir()
        leave_run(plots, models, started)
        (plots / ".gitkeep").touch()
        moved = claim(plots, models)
        assert [folder for folder, _ in moved] == [models, plots]
        assert shown(plots) == [".gitkeep"]
        assert shown(models) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "models",
        "models-2026-01-02T03-04-05",
        "models-2026-01-02T03-04-05-2",
        "models-2026-02-03T04-05-06",
        "plots",
        "plots-2026-01-02T03-04-05",
        "plots-2026-01-02T03-04-05-2",
        "plots-2026-02-03T04-05-06",
    ]
    assert (tmp_path / "plots-2026-02-03T04-05-06" / "real_samples.png").read_bytes() == b"picture"


def test_without_settings_the_oldest_file_tells_the_start(tmp_path):
    plots = tmp_path / "plots"
    plots.mkdir()
    for name, mtime in (("real_samples.png", 1_700_000_000), ("loss_plot.png", 1_700_009_999)):
        (plots / name).touch()
        os.utime(plots / name, (mtime, mtime))
    [(_, moved_to)] = claim(plots)
    assert moved_to.name.startswith("plots-2023-11-1")


@pytest.mark.parametrize(("plots", "models"), [("run", "run/in"), ("run/in", "run")])
def test_a_folder_inside_the_other(tmp_path, plots, models):
    plots, models = tmp_path / plots, tmp_path / models
    leave_run(plots, models, "2026-01-02T03:04:05")
    claim(plots, models)
    left = shown(tmp_path / "run-2026-01-02T03-04-05")
    assert left == ["config.json", "in", "real_samples.png"]
    assert shown(tmp_path / "run") == ["in"]


def test_the_current_folder_is_never_moved(tmp_path, monkeypatch):
    leave_run(tmp_path / "run", tmp_path / "models", "2026-01-02T03:04:05")
    monkeypatch.chdir(tmp_path / "run")
    for folder in (".", "..", tmp_path / "run"):
        with pytest.raises(UserError, match="current folder"):
            claim(folder)


def test_nothing_is_changed_when_one_folder_cannot_be_made(tmp_path):
    leave_run(tmp_path / "plots", tmp_path / "models", "2026-01-02T03:04:05")
    with pytest.raises(UserError, match="/proc"):
        claim(tmp_path / "a" / "plots", tmp_path / "plots", "/proc/models")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["models", "plots"]
    assert (tmp_path / "plots" / "real_samples.png").exists()


def test_nothing_is_changed_when_one_folder_cannot_be_moved(tmp_path, monkeypatch):
    leave_run(tmp_path / "plots", tmp_path / "models", "2026-01-02T03:04:05")
    rename = os.rename

    def refuse(source, target):
        if pathlib.Path(source).name == "real_samples.png":
            raise OSError(errno.EBUSY, "Device or resource busy", source)
        rename(source, target)

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(UserError, match=r"real_samples\.png: Device or resource busy"):
        claim(tmp_path / "plots", tmp_path / "models")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["models", "plots"]
    assert (tmp_path / "models" / "config.json").exists()


def test_one_folder_inside_the_other_however_they_are_written(tmp_path, monkeypatch):
    leave_run(tmp_path / "run", tmp_path / "run" / "in", "2026-01-02T03:04:05")
    monkeypatch.chdir(tmp_path)
    claim("run", tmp_path / "run" / "in")
    assert shown(tmp_path / "run") == ["in"]


def test_a_link_to_a_folder_stays_a_link(tmp_path):
    leave_run(tmp_path / "big_disk" / "plots", tmp_path / "models", "2026-01-02T03:04:05")
    (tmp_path / "plots").symlink_to(tmp_path / "big_disk" / "plots")
    claim(tmp_path / "plots", tmp_path / "models")
    assert (tmp_path / "plots").is_symlink()
    left = sorted(path.name for path in (tmp_path / "big_disk").iterdir())
    assert left == ["plots", "plots-2026-01-02T03-04-05"]


@pytest.mark.parametrize("content", ["{}", "[]", "not json", '{"started": "a/b"}'])
def test_a_config_of_something_else_is_no_mark_of_a_run(tmp_path, content):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text(content)
    with pytest.raises(UserError, match="no run of this program"):
        claim(tmp_path / "model")


def test_a_name_that_no_disk_takes(tmp_path):
    with pytest.raises(UserError, match="too long"):
        claim(tmp_path / ("a" * 300))


def test_a_folder_with_files_of_someone_else_is_left_alone(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("words")
    with pytest.raises(UserError, match="no run of this program"):
        claim(tmp_path / "plots", tmp_path / "thesis")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis"]


def test_one_run_at_a_time_writes_into_a_folder(tmp_path):
    leave_run(tmp_path / "plots", tmp_path / "models", "2026-01-02T03:04:05")
    with held(tmp_path / "plots", tmp_path / "models"):
        (tmp_path / "models" / "generator.keras").touch()
        for resumed in ([], [tmp_path / "models"]):
            with pytest.raises(UserError, match="models: another run is writing there"):
                claim(tmp_path / "elsewhere", tmp_path / "models", resumed=resumed)
        assert not (tmp_path / "elsewhere").exists()
        assert shown(tmp_path / "models") == ["generator.keras"]
    claim(tmp_path / "models")


def test_a_resumed_run_finds_its_folders_as_they_were(tmp_path):
    leave_run(tmp_path / "plots", tmp_path / "models", "2026-01-02T03:04:05")
    folders = tmp_path / "plots", tmp_path / "models"
    assert claim(*folders, resumed=folders) == []
    assert shown(tmp_path) == ["config.json", "models", "plots", "real_samples.png"]


def test_a_line_is_appended_in_one_piece_or_the_failure_told(tmp_path):
    for line in ("one", "zwei ü"):
        append_line(tmp_path / "log.txt", line)
    assert (tmp_path / "log.txt").read_text("utf-8") == "one\nzwei ü\n"
    with pytest.raises(DiskError, match=r"log\.txt: No such file"):
        append_line(tmp_path / "none" / "log.txt", "line")
