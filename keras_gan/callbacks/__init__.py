"""What watches a training: Keras callbacks, one file each."""
