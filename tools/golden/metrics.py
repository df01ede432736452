"""metrics.py PROGRAM - read what PROGRAM prints (tests/golden/print_metrics.c) with prometheus_client, and hold it to the rules that the format
has beyond its grammar: a family stands once, a sample stands once, counters do not fall below zero, buckets are cumulative and end with all."""
import math
import subprocess
import sys

from prometheus_client.parser import text_string_to_metric_families

text = subprocess.run([sys.argv[1]], check=True, capture_output=True, text=True).stdout
lines = [line for line in text.splitlines() if not line.startswith("#")]
families = list(text_string_to_metric_families(text))
samples = [s for f in families for s in f.samples]
assert len(samples) == len(lines) > 200, (len(samples), len(lines))
assert len({f.name for f in families}) == len(families)
assert len({(s.name, tuple(sorted(s.labels.items()))) for s in samples}) == len(samples)
for f in families:
    assert f.documentation and f.type in ("counter", "gauge", "histogram"), f
    assert f.samples, f
    if f.type == "counter":
        assert all(s.value >= 0 for s in f.samples), f
    if f.type == "histogram":
        buckets = [(float(s.labels["le"]), s.value) for s in f.samples if s.name.endswith("_bucket")]
        assert buckets == sorted(buckets) and buckets[-1][0] == math.inf, f
        assert buckets[-1][1] == [s.value for s in f.samples if s.name.endswith("_count")][0], f
by_name = {(s.name, s.labels.get("search"), s.labels.get("layer")): s.value for s in samples}
assert by_name["gwspike_spike_rate", 'three "of" them', "second"] == 0.03125
print(f"prometheus_client: {len(families)} families, {len(samples)} samples")
