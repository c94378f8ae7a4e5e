"""What an audit comes to, in words."""

from keras_gan.auditing.copies import Verdict
from keras_gan.auditing.membership import Attack

# The attack that needs the discriminator, which need not be published.
DISCRIMINATOR = "discriminator"
Attacks = dict[str, tuple[Attack, Attack | None]]


def sentences(copies: Verdict, attacks: Attacks) -> str:
    """One line: whether there are copies, and whether training images can be told.

    Args:
        copies: A `Verdict`.
        attacks: Dict that maps names of attacks to pairs of `Attack`: with the samples,
            and with real images in their place, or `None`.
    """
    return " ".join([_of_copies(copies), *_of_attacks(attacks)])


def _of_copies(copies):
    if not copies.found:
        return (
            f"No sign of copying: at most {share(copies.high)} of the samples can be copies of "
            "training images (95%)."
        )
    return (
        f"It copies: about {share(copies.share)} of the samples are copies of training images "
        f"({share(copies.low)} to {share(copies.high)}, 95%)."
    )


def _of_attacks(attacks):
    by_samples = {name: pair for name, pair in attacks.items() if name != DISCRIMINATOR}
    strongest = max(by_samples, key=lambda name: _excess(*by_samples[name]), default=None)
    if strongest is not None:
        attack, real = by_samples[strongest]
        if _excess(attack, real) > 0:
            floor = "" if real is None else f" (other real images: {real.auc:.2f})"
            yield (
                "Its samples give away which images it was trained on: AUC "
                f"{_interval(attack)}{floor}."
            )
        else:
            most = max(by_samples.values(), key=lambda pair: pair[0].auc)[0]
            yield (
                "Its samples do not give away which images it was trained on: AUC at most "
                f"{_interval(most)}."
            )
    if DISCRIMINATOR in attacks and attacks[DISCRIMINATOR][0].low > 0.5:
        yield (
            f"Its discriminator tells them: AUC {_interval(attacks[DISCRIMINATOR][0])}; keep it to "
            "yourself."
        )


def _excess(attack, real):
    """How far an attack is above what real images explain, beyond the intervals of both."""
    return attack.low - max(0.5, 0.5 if real is None else real.high)


def _interval(attack):
    return f"{attack.auc:.2f} ({attack.low:.2f} to {attack.high:.2f})"


def share(value: float) -> str:
    """A share as percent with two digits that count: 0.052%, 1.3%, 74%."""
    percent = 100 * value
    if percent >= 10:
        return f"{percent:.0f}%"
    return f"{float(f'{percent:.2g}'):g}%"
