"""The audit: its measures against references, their direction, and where its verdict stands."""

import dataclasses
import json

import keras
import numpy as np
import pytest
import scipy.optimize
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.cluster import KMeans
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors
from test_model_card import card_of, end_training, made_up, section, small_generator

from keras_gan import Dataset, UserError, audit, embedded_digits, load_yardstick
from keras_gan.auditing import copies, data_copying, likelihood, membership
from keras_gan.auditing.membership import Attack
from keras_gan.auditing.neighbours import nearest
from keras_gan.auditing.planting import COPIES, copies_of
from keras_gan.auditing.records import read_record, write_record
from keras_gan.auditing.sides import Sides
from keras_gan.auditing.views import AXES, fitted_views
from keras_gan.auditing.wording import DISCRIMINATOR, sentences, share
from keras_gan.cli import main
from keras_gan.report import read_run, write_report

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def parts():
    """Digits to train on, digits held out, and honest samples."""
    images = embedded_digits()
    order = np.random.default_rng(0).permutation(5000)
    train, held_out, samples = np.split(order[:2400], [1200, 1800])
    dataset = Dataset(
        images.images[train],
        images.labels[train],
        "digits",
        images.images[held_out],
        images.labels[held_out],
    )
    return dataset, images.images[samples]


@pytest.fixture(scope="module")
def training(parts):
    return copies.TrainingImages(parts[0].images)


@pytest.fixture(scope="module")
def audits(parts):
    """Audits of honest samples, and of samples of which eight in ten are copies."""
    dataset, honest = parts
    copied = honest.copy()
    copied[:480] = copies_of(dataset.images[:480], "shifted", np.random.default_rng(0))
    yardstick = load_yardstick(dataset)
    return audit(honest, dataset, yardstick), audit(copied, dataset, yardstick)


def few(parts):
    """A few of the digits, where what they score does not matter."""
    dataset, honest = parts
    return Dataset(
        dataset.images[:250],
        dataset.labels[:250],
        "digits",
        dataset.test_images[:200],
        dataset.test_labels[:200],
    ), honest[:150]


# Each measure against an independent reference.


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 5), st.integers(0, 9))
def test_the_nearest_are_those_of_scikit_learn(n, m, k, seed):
    rng = np.random.default_rng(seed)
    queries, points = rng.normal(size=(n, 5)), rng.normal(size=(m, 5))
    k = min(k, m)
    distances, indices = nearest(queries.astype("float32"), points.astype("float32"), k)
    expected = NearestNeighbors(n_neighbors=k).fit(points).kneighbors(queries)
    np.testing.assert_allclose(distances, expected[0], atol=1e-3)
    assert (indices == expected[1]).mean() > 0.99


@settings(deadline=None, max_examples=20)
@given(
    st.lists(st.integers(0, 20), min_size=2, max_size=60),
    st.lists(st.integers(0, 20), min_size=2, max_size=60),
)
def test_the_auc_is_that_of_scikit_learn(members, others):
    attack = membership.measure_attack(np.array(members), np.array(others))
    truth = np.repeat([1, 0], [len(members), len(others)])
    assert attack.auc == pytest.approx(roc_auc_score(truth, [*members, *others]))
    assert 0 <= attack.low <= attack.high <= 1
    assert 0 <= attack.found_low <= attack.found_high <= 1


def test_the_interval_of_the_auc_holds_the_true_one():
    held, chance = 0, scipy.stats.norm.cdf(0.5 / np.sqrt(2))
    for seed in range(40):
        rng = np.random.default_rng(seed)
        scores = rng.normal(0.5, 1, 150), rng.normal(0, 1, 150)
        attack = membership.measure_attack(*scores, seed)
        held += attack.low <= chance <= attack.high
    assert held >= 34
    found = membership.measure_attack(np.array([1.0, 3, 5]), np.arange(100) / 50)
    assert found.found == pytest.approx(2 / 3)  # above 1.96, the 99th of 100


def test_the_density_is_that_of_scipy():
    centres = RNG.normal(size=(300, 3)) @ RNG.normal(size=(3, 3))
    points = RNG.normal(size=(50, 3))
    expected = scipy.stats.gaussian_kde(centres.T).logpdf(points.T)
    np.testing.assert_allclose(membership.log_density(points, centres), expected, rtol=1e-3)


def test_c_t_is_that_of_the_paper():
    """As the authors' program has it: with SciPy's test, in cells of the training images."""
    train, held_out = RNG.normal(size=(500, 4)), RNG.normal(size=(300, 4))
    samples = np.concatenate([train[:150] + 0.1, RNG.normal(size=(150, 4))])
    means = KMeans(3, random_state=0, n_init=1).fit(train)
    cells = [means.predict(each) for each in (train, held_out, samples)]
    scores, weights = [], []
    for cell in range(3):
        points, real, drawn = (
            each[cells[i] == cell] for i, each in enumerate((train, held_out, samples))
        )
        search = NearestNeighbors(n_neighbors=1).fit(points)
        near = [search.kneighbors(each)[0][:, 0] for each in (drawn, real)]
        n, m = map(len, near)
        u = scipy.stats.mannwhitneyu(*near).statistic
        scores.append((u - n * m / 2) / np.sqrt(n * m * (n + m + 1) / 12))
        weights.append(m)
    pairs = zip((train, held_out, samples), cells, strict=True)
    pairs = [(each.astype("float32"), cell) for each, cell in pairs]
    expected = np.average(scores, weights=weights)
    assert data_copying.cell_statistic(*pairs) == pytest.approx(expected, abs=1e-3)
    assert expected < -1


def test_the_gap_of_fld_is_that_of_a_direct_fit():
    """The variances that make training images likeliest, found by L-BFGS."""
    d, k = 3, 8
    train, held_out, samples = (RNG.normal(size=(n, d)) for n in (60, 60, k))
    mean, scale = held_out.mean(axis=0), held_out.std(axis=0)
    train_, held_out_, samples_ = ((a - mean) / scale for a in (train, held_out, samples))

    def log_densities(points, centres, log_variances):
        squares = ((points[:, None] - centres) ** 2).sum(axis=2)
        return -squares / (2 * np.exp(log_variances)) - d / 2 * (log_variances + np.log(2 * np.pi))

    def loss(parameters):
        near = log_densities(train_, samples_, parameters[:k]) - np.log(k)
        squares = 0.81 * ((train_ - train_.mean(axis=0)) ** 2).sum(axis=1, keepdims=True)
        wide = -squares / (2 * np.exp(parameters[k])) - d / 2 * (parameters[k] + np.log(2 * np.pi))
        return -scipy.special.logsumexp(np.hstack([near, wide]), axis=1).mean()

    squares = ((train_[:, None] - samples_) ** 2).sum(axis=2)
    far = ((train_ - train_.mean(axis=0)) ** 2).sum(axis=1)
    start = np.log(np.append((squares.min(axis=0) + 1e-3) / d, 0.81 * far.mean() / d))
    fitted = scipy.optimize.minimize(loss, start, method="L-BFGS-B").x[:k]
    likelihoods = [
        scipy.special.logsumexp(log_densities(points, samples_, fitted), axis=1).mean()
        for points in (held_out_, train_)
    ]
    expected = 100 * (likelihoods[0] - likelihoods[1]) / d
    found = likelihood.generalisation_gap(train, held_out, samples)
    assert found == pytest.approx(expected, abs=1.5)


@pytest.mark.parametrize(("rank", "expected"), [(1, 0), (3, 2), (10, 7)])
def test_the_chance_of_a_count_is_that_of_drawing_lots(rank, expected):
    """Before the honest image of a rank come so many samples, or more: by simulation."""
    n, m = 40, 5000
    honest = np.arange(m, dtype=float)
    ratios = np.full(n, m, float)
    ratios[: expected + 1] = -1
    sensitivity = {rank: {"as they are": 1.0} for rank in copies.limits_of(honest)}
    verdict = copies.judge(ratios, honest, sensitivity)
    rng = np.random.default_rng(0)
    chances = []
    for tried in copies.ranks_of(m):
        # Where the honest image of this rank stands among all, in a random order.
        places = np.sort(rng.random((2000, n)), axis=1)
        limits = np.sort(rng.random((2000, m)), axis=1)[:, tried - 1]
        chances.append(((places < limits[:, None]).sum(axis=1) >= expected + 1).mean())
    expected_p = min(1.0, len(chances) * min(chances))
    assert verdict.p_value == pytest.approx(expected_p, abs=0.02)


# What each tells.


def test_copies_are_told_from_honest_digits_in_every_form(parts, training):
    dataset, honest = parts
    honest = training.likeness(training.described(honest)).ratios
    limit = np.quantile(honest, 0.01)
    for form, least in zip(COPIES, (1, 1, 0.8, 0.85, 0.7), strict=True):
        planted = copies_of(dataset.images[:200], form, np.random.default_rng(1))
        found = training.likeness(training.described(planted))
        assert (found.ratios < limit).mean() >= least, form
        assert (found.nearest == np.arange(200)).mean() > 0.85, form
    assert np.median(honest) > 0.8


def test_a_training_image_left_out_is_not_its_own_nearest(training):
    rows = np.arange(0, 1200, 7)
    likeness = training.likeness_of_left_out(rows)
    assert (likeness.nearest != rows).all()
    assert np.median(likeness.ratios) > 0.8


@settings(deadline=None, max_examples=5)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0, 1, 128, 255]), st.sampled_from([*COPIES]))
def test_any_image_has_a_view_and_a_copy(seed, most, form):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, most + 1, (8, 28, 28, 1)).astype("uint8")
    images[0], images[1] = 0, most
    copied = copies_of(images, form, rng)
    assert copied.shape == images.shape
    assert copied.dtype == np.uint8
    for view in fitted_views(images):
        for each in (images, copied):
            assert view(each).shape == (8, AXES)
            assert np.isfinite(view(each)).all()
    ratios = copies.TrainingImages(images).likeness_of_left_out(np.arange(8)).ratios
    assert ((ratios >= 0) & (ratios <= 1)).all()


def test_every_measure_rises_with_copies(audits):
    honest, copied = audits
    assert not honest.copies.found
    assert copied.copies.found
    assert honest.copies.low == 0
    assert copied.copies.low <= 0.8 <= copied.copies.high
    assert sum(copied.by_class.values()) == copied.copies.count
    for name, (attack, real) in honest.attacks.items():
        assert attack.low <= 0.5 <= attack.high, name
        assert copied.attacks[name][0].auc > attack.auc, name
        assert real.auc == copied.attacks[name][1].auc
    for name, (value, real) in honest.measures.items():
        assert copied.measures[name][0] < min(value, real), name
    assert honest.verdict.startswith("No sign of copying: at most ")
    assert "do not give away" in honest.verdict
    assert copied.verdict.startswith("It copies: about ")
    assert "samples give away" in copied.verdict
    assert str(copied).startswith(copied.verdict)


def test_the_density_ratio_is_high_where_samples_crowd():
    members, others, reference = (RNG.normal(size=(200, 8)) for _ in range(3))
    samples = members.repeat(3, axis=0) + 0.1 * RNG.normal(size=(600, 8))
    scores = [membership.density_ratio(each, samples, reference) for each in (members, others)]
    assert membership.measure_attack(*scores).low > 0.6


def test_the_originals_are_told(audits):
    copied = audits[1]
    found = copied.likeness.ratios[:480] < copied.copies.limit
    assert (copied.likeness.nearest[:480] == np.arange(480))[found].mean() > 0.95


def test_the_same_seed_gives_the_same_and_no_yardstick_is_needed(parts):
    dataset, honest = few(parts)
    dataset = dataclasses.replace(dataset, labels=None, test_labels=None)
    results = [audit(honest, dataset) for _ in range(2)]
    assert str(results[0]) == str(results[1])
    assert results[0].features == "pixels"
    assert results[0].by_class is None


@pytest.mark.parametrize("classes", [None, 10])
def test_the_discriminator_judges_too(classes, parts):
    dataset, honest = few(parts)
    keras.utils.set_random_seed(0)  # the interval leaves out one of twenty at random
    image = keras.Input((28, 28, 1))
    logit = keras.layers.Dense(1)(keras.layers.Flatten()(image))
    discriminator = keras.Model(image, logit)
    if classes:
        from keras_gan import make_conditional

        _, discriminator = make_conditional(small_generator(4), discriminator, classes)
    found = audit(honest, dataset, discriminator=discriminator).attacks
    assert found[DISCRIMINATOR][0].low < 0.5 < found[DISCRIMINATOR][0].high
    if classes:
        from keras_gan.auditing.audit import _logits

        unlabelled = dataclasses.replace(dataset, test_labels=None)
        assert _logits(Sides(honest, unlabelled), discriminator) is None


@pytest.mark.parametrize(
    ("value", "text"), [(0.00052, "0.052%"), (0.0131, "1.3%"), (0.744, "74%"), (1.0, "100%")]
)
def test_a_share_has_the_digits_that_count(value, text):
    assert share(value) == text


def test_the_discriminator_is_spoken_of_by_itself():
    verdict = copies.Verdict(1.0, 1, 0.4, 2, 2.0, 0.0, 0.0, 0.001)
    low = Attack(0.5, 0.49, 0.51, 0.01, 0.0, 0.02)
    high = Attack(0.7, 0.69, 0.71, 0.1, 0.08, 0.12)
    told = sentences(verdict, {"density ratio": (low, low), DISCRIMINATOR: (high, None)})
    assert "samples do not give away" in told
    assert "Its discriminator tells them: AUC 0.70 (0.69 to 0.71)" in told
    some = Attack(0.5, 0.49, 0.51, 0.1, 0.08, 0.12)
    told = sentences(verdict, {"density ratio": (some, low)})
    assert "give away some of the images that it was trained on: an attack finds 10%" in told
    # What other real images explain gives nothing away.
    assert "do not give away" in sentences(verdict, {"density ratio": (high, high)})


# Mistakes.


def test_held_out_images_must_not_be_training_images(parts, capsys):
    dataset, honest = few(parts)
    seen = dataclasses.replace(dataset, test_images=dataset.images)
    with pytest.raises(UserError, match=r"250 of the 250 held-out images are among"):
        audit(honest, seen)
    some = np.concatenate([dataset.images[:10], dataset.test_images])
    some = dataclasses.replace(dataset, test_images=some, test_labels=None)
    assert audit(honest, some).held_out == 200
    assert "10 of the held-out images are training images" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("", "required: FILE"),
        ("absent.npz", "no such file"),
        ("real.npz --held-out absent", "absent: no such file"),
        ("real.npz --plot picture.jpg", "expected a name that ends in .png"),
        ("real.npz --samples 3", "samples must be from 100"),
        ("real.npz --held-out few.npz", "at least 100 held-out images"),
        ("real.npz --held-out seen.npz", "150 of the 150 held-out images are among the training"),
        ("real.npz --data unlabelled.npz", "has no held-out images; give images"),
        ("seen.npz --data few.npz --held-out real.npz", "at least 100 training images"),
    ],
)
def test_a_mistake_is_one_line(arguments, said, digits, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    images, labels = digits
    np.savez("real.npz", x=embedded_digits().images[1:3000:20])
    np.savez("few.npz", x=images[150:])
    np.savez("seen.npz", x=images[:150])
    np.savez("unlabelled.npz", x=images[:150])
    np.savez("data.npz", x=images[:150], y=labels[:150])
    arguments = arguments.split()
    if "--data" not in arguments:
        arguments += ["--data", "data.npz"]
    before = sorted(tmp_path.iterdir())
    assert main(["audit", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert said in err
    assert sorted(tmp_path.iterdir()) == before


# Where the verdict stands.


def test_the_command_tells_programs_and_draws_the_pairs(parts, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    dataset, honest = parts
    dataset = dataclasses.replace(dataset, test_images=dataset.test_images[:200])
    np.savez("data.npz", x=dataset.images, y=dataset.labels)
    np.savez("held_out.npz", x=dataset.test_images)
    copied = np.concatenate([honest[:250], dataset.images[:100]])
    np.savez("samples.npz", x=copied)
    told = ["--data", "data.npz", "--held-out", "held_out.npz"]
    assert main(["audit", "samples.npz", *told, "--json", "a.json", "--plot", "a.png"]) == 0
    out = capsys.readouterr().out
    content = json.loads((tmp_path / "a.json").read_text())
    assert content["verdict"] in out
    assert content["verdict"].startswith("It copies")
    assert content["copies"]["count"] == len(content["pairs"]) >= 95
    exact = [pair for pair in content["pairs"] if pair["sample"] >= 250]
    assert all(pair["training_image"] == pair["sample"] - 250 for pair in exact)
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.width > 900
    assert main(["evaluate", "samples.npz", *told, "--audit", "--json", "e.json"]) == 0
    evaluated = json.loads((tmp_path / "e.json").read_text())["audit"]
    assert evaluated["verdict"] == content["verdict"]
    assert content["verdict"] in capsys.readouterr().out
    assert not (tmp_path / "audit.json").exists()


@pytest.fixture
def models(tmp_path):
    models = made_up(tmp_path / "run", models_dir="models", plots_dir="plots", latent_dim=10)
    small_generator(10).save(models / "generator.keras")
    return models


CONTENT = {"verdict": "No sign of copying: at most 0.1% | of them.", "samples": 500, "held_out": 99}


def test_a_verdict_is_of_one_file_only(models):
    generator = models / "generator.keras"
    assert read_record(generator) is None
    write_record(generator, CONTENT)
    assert read_record(generator).verdict == CONTENT["verdict"]
    other = models / "generator_best.keras"
    other.write_bytes(generator.read_bytes())
    assert read_record(other) is None
    write_record(other, {**CONTENT, "verdict": "It copies."})
    assert read_record(generator).verdict == CONTENT["verdict"]
    small_generator(10).save(generator)  # trained further
    assert read_record(generator) is None
    assert read_record(other).verdict == "It copies."


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "[" * 100_000,
        '{"generator.keras": 3}',
        '{"generator.keras": {"verdict": "It copies."}}',
        '{"generator.keras": {"verdict": "a\\nb", "samples": 1, "held_out": 1}}',
        '{"generator.keras": {"verdict": "a", "samples": "1", "held_out": true}}',
    ],
)
def test_a_file_that_says_nothing_sound_is_no_verdict(content, models):
    (models / "audit.json").write_text(content)
    assert read_record(models / "generator.keras") is None
    write_record(models / "generator.keras", CONTENT)
    assert read_record(models / "generator.keras").samples == 500


def test_cards_and_the_report_tell_what_was_measured_and_nothing_else(models, tmp_path):
    generator = models / "generator.keras"

    def texts():
        write_report(read_run(models), tmp_path / "report.html")
        output = tmp_path / "images.npz"
        command = ["generate", str(generator), "--count", "2", "--output", str(output), "--quiet"]
        assert main(command) == 0
        [card] = tmp_path.glob("images*.md")
        return (
            section(card_of(models), "Copies of training images"),
            card.read_text(),
            (tmp_path / "report.html").read_text(),
        )

    model_card, data_card, page = texts()
    assert "not looked for" in model_card
    assert "not looked for" in data_card
    assert "Copies of training images" not in page
    write_record(generator, CONTENT)
    model_card, data_card, page = texts()
    for text in (model_card, data_card):
        assert r"at most 0.1% \| of them" in text
        assert "500 of its samples, with 99 images that it was not trained on" in text
        assert "not looked for" not in text
        assert "--audit" in text
    assert "at most 0.1% | of them" in page


def test_the_audit_of_a_run_is_written_into_its_pages(parts, models, monkeypatch, capsys):
    dataset, _ = few(parts)
    np.savez(models / "data.npz", x_train=dataset.images, x_test=dataset.test_images)
    end_training(models)
    (models.parent / "plots").mkdir(exist_ok=True)
    (models.parent / "plots" / "report.html").write_text("old")
    generator = models / "generator.keras"
    options = ["--data", str(models / "data.npz"), "--samples", "200"]
    assert main(["audit", str(generator), *options]) == 0
    verdict = read_record(generator).verdict
    assert verdict in capsys.readouterr().out
    assert verdict in (models / "README.md").read_text()
    assert verdict in (models.parent / "plots" / "report.html").read_text()
