"""The notebook runs from top to bottom, as a reader would run it, with fewer epochs."""

import base64
import io
import itertools
import json
import re
import sys

import numpy as np
import pytest
from conftest import ROOT
from PIL import Image

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
NOTEBOOK = ROOT / "examples" / "quickstart.ipynb"


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    kernels = tmp_path_factory.mktemp("jupyter") / "kernels" / "python3"
    kernels.mkdir(parents=True)
    # This very interpreter, whatever kernels are installed elsewhere.
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    kernel = {"argv": command, "display_name": "Python 3", "language": "python"}
    (kernels / "kernel.json").write_text(json.dumps(kernel))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for cell in notebook.cells:  # it need not show clear digits here
        cell.source = re.sub(r"epochs=\d+", "epochs=1", cell.source)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("JUPYTER_PATH", str(kernels.parents[1]))
        client = nbclient.NotebookClient(
            notebook, timeout=600, resources={"metadata": {"path": str(NOTEBOOK.parent)}}
        )
        return client.execute()


def outputs(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", ())]


@pytest.mark.slow
def test_it_runs_and_shows_what_it_promises(executed):
    nbformat.validate(executed)
    pictures = [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(output.data["image/png"]))))
        for output in outputs(executed)
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) == 7
    assert all(picture.std() > 10 for picture in pictures)
    said = "".join(
        output.get("text", "") + output.get("data", {}).get("text/html", "")
        for output in outputs(executed)
    )
    assert "Non-trainable params" in said.replace("<span", "").replace("</span>", "")
    assert "FID" in said
    assert "(5, 28, 28, 1) from 0.0" in said


def test_it_is_kept_without_outputs_and_each_cell_is_explained():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    kinds = [cell.cell_type for cell in notebook.cells]
    assert outputs(notebook) == []
    assert [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"] == [
        None
    ] * kinds.count("code")
    for before, kind in itertools.pairwise(kinds):
        assert (before, kind) != ("code", "code")
