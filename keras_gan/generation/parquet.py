"""Images as Parquet, with what Hugging Face's `datasets` needs to know of the columns."""

import json

from keras_gan.generation.pictures import png_bytes
from keras_gan.generation.stream import Stream

ROWS_OF_GROUP = 5000


def write_parquet(stream: Stream, path) -> None:
    """Writes a Parquet file with columns `image` and, where there are labels, `label`.

    An image is a struct of `bytes`, a PNG, and `path`, a name. A label is an `int64`.
    `datasets.load_dataset("parquet", ...)` gives images and class labels with names.

    Args:
        stream: A `Stream`.
        path: Path of the file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    features = {"image": {"_type": "Image"}}
    fields = [("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())]))]
    if stream.labelled:
        features["label"] = {"names": list(stream.class_names), "_type": "ClassLabel"}
        fields.append(("label", pa.int64()))
    about = {"huggingface": json.dumps({"info": {"features": features}})}
    schema = pa.schema(fields, metadata=about)
    with pq.ParquetWriter(path, schema) as writer:
        rows = []
        for number, image, label in stream.numbered():
            row = {"image": {"bytes": png_bytes(image), "path": stream.name_of(number)}}
            rows.append(row if label is None else row | {"label": label})
            if len(rows) == ROWS_OF_GROUP or number == stream.count - 1:
                writer.write_table(pa.Table.from_pylist(rows, schema))
                rows = []
