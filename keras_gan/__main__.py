"""`python -m keras_gan` is the program."""

from keras_gan.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
