"""The event file of tests/unit/test_track_track.c, made by the messages and the record writer of the tensorboard package (2.21.0).

    python tools/golden/track.py > tests/golden/track.h
    python tools/golden/track.py --live PROGRAM RECIPE     a training's folder as the tensorboard package reads it, against its JSON lines
"""
import base64
import io
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import tensorboard
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2
from tensorboard.plugins.hparams import metadata as hparams_metadata
from tensorboard.plugins.text import metadata as text_metadata
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard.util import tensor_util

NOON = 1700000000.5
RECIPE = "[model]\nlif = 16,16\n[train]\nbatch = 8\n"


def event(step, *values, **more):
    return event_pb2.Event(wall_time=NOON, step=step, summary=summary_pb2.Summary(value=values) if values else None, **more)


def text(tag, words):
    metadata = text_metadata.create_summary_metadata(display_name=None, description=None)
    return summary_pb2.Summary.Value(tag=tag, metadata=metadata, tensor=tensor_util.make_tensor_proto(words.encode()))


def hparams(tag, **data):
    metadata = hparams_metadata.create_summary_metadata(plugin_data_pb2.HParamsPluginData(**data))
    metadata.plugin_data.content = plugin_data_pb2.HParamsPluginData.FromString(metadata.plugin_data.content).SerializeToString(
        deterministic=True)  # its map in order of keys
    return summary_pb2.Summary.Value(tag=tag, metadata=metadata, tensor=hparams_metadata.NULL_TENSOR)


def histogram(x):
    x = np.array(x)
    limits = x.min() + (x.max() - x.min()) / 30 * np.arange(1, 31)
    limits[-1] = x.max()
    counts = np.histogram(x, np.concatenate([[x.min()], limits]))[0]
    return summary_pb2.HistogramProto(min=x.min(), max=x.max(), num=len(x), sum=x.sum(), sum_squares=(x * x).sum(),
                                      bucket_limit=limits, bucket=counts)


def events():
    Value = summary_pb2.Summary.Value
    infos = [api_pb2.HParamInfo(name="model.lif", type=api_pb2.DATA_TYPE_STRING),
             api_pb2.HParamInfo(name="train.batch", type=api_pb2.DATA_TYPE_FLOAT64)]
    start = plugin_data_pb2.SessionStartInfo(group_name="m.hdf", start_time_secs=NOON)
    start.hparams["model.lif"].string_value = "16,16"
    start.hparams["train.batch"].number_value = 8
    end = plugin_data_pb2.SessionEndInfo(status=api_pb2.STATUS_SUCCESS, end_time_secs=NOON)
    yield event_pb2.Event(wall_time=NOON, file_version="brain.Event:2")
    yield event(0, session_log=event_pb2.SessionLog(status=event_pb2.SessionLog.START))
    yield event(0, text("recipe", "".join(f"    {line}\n" for line in RECIPE.splitlines())),
                text("command", "gwspike train --config small.ini"), hparams(hparams_metadata.EXPERIMENT_TAG, experiment=api_pb2.Experiment(hparam_infos=infos)),
                hparams(hparams_metadata.SESSION_START_INFO_TAG, session_start_info=start))
    yield event(4, Value(tag="loss/loss", simple_value=0.25), Value(tag="held_out/distances/0", simple_value=0.25))
    yield event(4, Value(tag="weights/lif.0.weight", histo=histogram([-1.0, 0.0, 0.5, 2.0])))
    yield event(4, Value(tag="raster", image=summary_pb2.Summary.Image(height=1, width=2, colorspace=3, encoded_image_string=b"\x89PNG")))
    yield event(4, hparams(hparams_metadata.SESSION_END_INFO_TAG, session_end_info=end))


def table():
    file = io.BytesIO()
    writer = RecordWriter(file)
    for e in events():
        writer.write(e.SerializeToString(deterministic=True))
    print("/* Made by tools/golden/track.py with tensorboard", tensorboard.__version__, "*/")
    print(f"#define GOLDEN_TRACK_RECIPE {json.dumps(RECIPE)}")
    print("static const unsigned char golden_track_bytes[] = {")
    data = file.getvalue()
    for at in range(0, len(data), 24):
        print("    " + ", ".join(str(b) for b in data[at:at + 24]) + ",")
    print("};")


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def compare(folder):
    """Every scalar, histogram, image, text and hyper-parameter, as TensorBoard reads them, is what the JSON lines say."""
    board = EventAccumulator(str(folder), size_guidance=dict.fromkeys(("scalars", "histograms", "images", "tensors"), 0))
    board.Reload()
    rest, compared = lines(folder / "track.jsonl"), 0
    run = next(line for line in rest if line["kind"] == "run")
    scalars = {tag: {e.step: e.value for e in board.Scalars(tag)} for tag in board.Tags()["scalars"]}
    logged = {}
    groups = {tag.split("/", 1)[1]: tag.split("/")[0] for tag in scalars if not tag.startswith("test/")}
    for row in lines(folder / "trainlog.jsonl"):
        for key, value in row.items():
            values = {f"{key}/{i}": v for i, v in enumerate(value)} if isinstance(value, list) else {key: value}
            for name, v in values.items():
                if name in groups and v is not None:
                    group = "test" if row["phase"] == "test" and groups[name] == "held_out" else groups[name]
                    logged.setdefault(f"{group}/{name}", {})[row["total_step"]] = np.float32(v)
    assert scalars.keys() == logged.keys(), scalars.keys() ^ logged.keys()
    for tag, points in scalars.items():
        assert points == logged[tag], tag
        compared += len(points)
    pictures = 0
    for line in rest:
        if line["kind"] == "histogram" and line["num"]:
            (h,) = [e.histogram_value for e in board.Histograms(line["tag"]) if e.step == line["total_step"]]
            assert [h.min, h.max, h.num, h.sum, h.sum_squares] == [line[k] for k in ("min", "max", "num", "sum", "sum_squares")]
            assert h.bucket_limit == line["limits"] and h.bucket == line["counts"]
            compared += 1
        if line["kind"] == "image":
            (i,) = [e for e in board.Images(line["tag"]) if e.step == line["total_step"]]
            assert i.encoded_image_string == base64.b64decode(line["png"]) and (i.width, i.height) == (line["width"], line["height"])
            pictures += 1
    words = tensor_util.make_ndarray(board.Tensors("recipe")[0].tensor_proto).item().decode()
    assert words == "".join(f"    {line}\n" for line in run["recipe"].splitlines())
    data = plugin_data_pb2.HParamsPluginData.FromString(
        board.SummaryMetadata("_hparams_/session_start_info").plugin_data.content).session_start_info.hparams
    assert set(data) == set(run["hparam_names"])
    for name, value in zip(run["hparam_names"], run["hparam_values"]):
        got = data[name]
        assert math.isclose(got.number_value, float(value), rel_tol=0) if got.WhichOneof("kind") == "number_value" else got.string_value == value, name
    return f"{compared} values, {pictures} pictures, {len(data)} hyper-parameters"


def live(program, recipe):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        train = [program, "train", "-c", recipe, "-o", str(folder / "m.hdf"), "--logdir", name, "--log-every", "1", "-q"]
        assert subprocess.run(train + ["--stop-after", "7"], capture_output=True).returncode == 1
        print("stopped:", compare(folder))
        subprocess.run(train + ["--resume"], check=True)
        print("resumed:", compare(folder))


if sys.argv[1:2] == ["--live"]:
    live(*sys.argv[2:])
else:
    table()
