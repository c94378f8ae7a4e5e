"""What an audit comes to, in words."""

from keras_gan.auditing.copies import Verdict
from keras_gan.auditing.membership import FALSE_POSITIVES, Attack

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
    return " ".join([_of_copies(copies), *_of_attacks(attacks, copies.found)])


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


def _of_attacks(attacks, copies_found):
    by_samples = [pair for name, pair in attacks.items() if name != DISCRIMINATOR]
    told = [pair for pair in by_samples if _auc_above(*pair) > 0]
    some = [pair for pair in by_samples if _found_above(*pair) > 0]
    if told:
        attack, real = max(told, key=lambda pair: _auc_above(*pair))
        yield (
            f"Its samples give away which images it was trained on: AUC {_interval(attack)}"
            f"{_beside(real, 'auc')}."
        )
    elif some:
        attack, real = max(some, key=lambda pair: _found_above(*pair))
        interval = f"{share(attack.found_low)} to {share(attack.found_high)}"
        yield (
            "Its samples give away some of the images that it was trained on: an attack finds "
            f"{share(attack.found)} ({interval}) of them at 1% false ones{_beside(real, 'found')}."
        )
    elif by_samples and not copies_found:
        attack, real = max(by_samples, key=lambda pair: pair[0].auc)
        yield (
            "Its samples do not give away which images it was trained on: AUC at most "
            f"{_interval(attack)}{_beside(real, 'auc')}."
        )
    if DISCRIMINATOR in attacks and attacks[DISCRIMINATOR][0].low > 0.5:
        yield (
            f"Its discriminator tells them: AUC {_interval(attacks[DISCRIMINATOR][0])}; keep it to "
            "yourself."
        )


def _auc_above(attack, real):
    """How far an AUC is above what real images explain, beyond the intervals of both."""
    return attack.low - max(0.5, 0.5 if real is None else real.high)


def _found_above(attack, real):
    """The same of the share of training images that are found."""
    return attack.found_low - max(FALSE_POSITIVES, 0 if real is None else real.found_high)


def _beside(real, name):
    if real is None:
        return ""
    value = f"{real.auc:.2f}" if name == "auc" else share(real.found)
    return f"; with other real images {value}"


def _interval(attack):
    return f"{attack.auc:.2f} ({attack.low:.2f} to {attack.high:.2f})"


def share(value: float) -> str:
    """A share as percent with two digits that count: 0.052%, 1.3%, 74%."""
    percent = 100 * value
    if percent >= 10:
        return f"{percent:.0f}%"
    return f"{float(f'{percent:.2g}'):g}%"
