"""The presets against the projects that they come from: quality and speed.

    python benchmarks/presets.py --data mnist.npz --peers FOLDER [--torch-python FILE]
        [--seconds 120] [--rounds 3] [--preset NAME …]

`--peers` names a folder with these projects' recipes, `peers_keras.py` and
`peers_torch.py`. In a round, a project's recipe trains for so many seconds; then the
preset trains on as many real images. Both draw 10,000 samples, which one yardstick
measures. Seconds are those of training, without start-up. Each round has another seed
for the preset; the peers repeat one seed.
"""

import argparse
import pathlib
import re
import statistics
import sys
import tempfile

from machine import add_peer_options, describe, print_table, run_peers
from quality_over_time import score, train_preset

from keras_gan import load_data, load_yardstick

# The peer of each preset, and how many images it counts for one real image: the tutorial
# counts the generated ones as well.
PEERS = {"mlp": ("mlp256", 1), "mlp-dropout": ("mlp32", 1), "tutorial": ("tutorial", 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--preset", choices=PEERS, action="append")
    add_peer_options(parser)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.peers is None:
        parser.error("--peers is needed: the presets are compared with the recipes there")
    print(describe() + "\n")
    dataset = load_data(data=arguments.data)
    yardstick = load_yardstick(dataset)
    data = str(pathlib.Path(arguments.data).resolve())

    def fid(path):
        return score(path, dataset, yardstick).scores["FID"].value

    rows = []
    for preset in arguments.preset or PEERS:
        peer, per_real_image = PEERS[preset]
        found = []
        for seed in range(arguments.rounds):
            with tempfile.TemporaryDirectory() as out:
                [(_, said)] = run_peers(
                    arguments, arguments.seconds, out, only=peer, MNIST_NPZ=data
                )
                counted = re.search(r"images (\d+) .*rate (\d+) img/s", said).groups()
                images, rate = (int(number) // per_real_image for number in counted)
                theirs = fid(f"{out}/{peer}_{arguments.seconds:05}.npz")
                seconds = train_preset(
                    preset, data, [images], pathlib.Path(out), seed, by_images=True
                )
                ours = fid(f"{out}/our_{preset}_{images:05}.npz")
            found.append((images, ours, theirs, images / seconds, rate))
            print(f"{preset}, round {seed + 1}: {found[-1]}", file=sys.stderr, flush=True)
        images, ours, theirs, our_rate, rate = map(statistics.median, zip(*found, strict=True))
        rows.append([preset, peer, f"{images:,.0f}", f"{ours:.2f}", f"{theirs:.2f}"])
        rows[-1] += [f"{ours / theirs:.2f}", f"{our_rate:,.0f}", f"{rate:,.0f}"]
        rows[-1].append(f"{statistics.median(row[3] / row[4] for row in found):.2f}")
    print_table(
        ["preset", "peer", "real images", "FID", "peer's", "ratio", "images/s", "peer's", "ratio"],
        rows,
    )
    print(f"Medians of {arguments.rounds} rounds; FID of 10,000 samples.")


if __name__ == "__main__":
    main()
