"""Packshot's network in PyTorch: photos a second, forward and in training. train.sh sets it beside `benches/training.rs`.

train.py time RESULTS [--device cpu|cuda|mps] [--threads N] [--architecture NAME] [--batch N,N] [--seconds S]
train.py table RESULTS
"""

import argparse
import json
import statistics
import time

VIEWS, EDGE, DEFECTS = 2, 192, 11
# Stem, stages, depths that the head reads, hidden units: as in src/nn/registry.rs.
ARCHITECTURES = {
    "cnn-s": (24, (24, 48, 96, 160), 2, 128),
    "cnn-d": (24, (24, 48, 96, 160), 5, 128),
    "cnn-xs": (12, (12, 20, 32, 64), 2, 32),
    "cnn-l": (48, (64, 112, 224, 352), 2, 256),
}
WARM_UP, SPANS = 5, 5  # as in benches/training.rs
ENGINES = ("packshot", "PyTorch", "PyTorch, channels-last", "PyTorch, TF32", "PyTorch, TF32, channels-last")


def network(architecture, channels_last):
    """src/nn/cnn.rs, module for module; gives the score `[n]`."""
    import torch
    from torch import nn
    from torch.nn import functional

    stem, stages, read, hidden = ARCHITECTURES[architecture]

    def block(before, after, kernel, stride):
        conv = nn.Conv2d(before, after, kernel, stride, padding=1, bias=False)
        return nn.Sequential(conv, nn.BatchNorm2d(after), nn.ReLU(inplace=True))

    def mean_and_deviation(plane):
        variance, mean = torch.var_mean(plane.flatten(2), dim=2, correction=0)
        return torch.cat([mean, torch.sqrt(variance + 1e-5)], dim=1)

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            blocks = [block(3, stem, 5, 4), block(stem, stages[0], 3, 1)]
            for before, after in zip(stages, stages[1:], strict=False):
                blocks += [block(before, after, 3, 2), block(after, after, 3, 1)]
            # The first convolution, then the stages.
            ends = (0, 1, 2, 4, 6, 8)
            depths = [blocks[start:end] for start, end in zip(ends, ends[1:], strict=False)]
            self.depths = nn.ModuleList(nn.Sequential(*depth) for depth in depths)
            self.hidden = nn.Linear(2 * sum((stem, *stages)[-read:]) * VIEWS, hidden)
            self.heads = nn.Linear(hidden, 2 + 2 * DEFECTS)
            self.cells = nn.Conv2d(stages[3], 2, 1)

        def forward(self, views):
            n = len(views)
            planes = (views.flatten(0, 1) - 0.5) * 4.0
            if channels_last:
                planes = planes.contiguous(memory_format=torch.channels_last)
            pooled = []
            for number, depth in enumerate(self.depths):
                planes = depth(planes)
                if number >= len(self.depths) - read:
                    pooled.append(mean_and_deviation(planes))
            features = torch.cat(pooled, dim=1).reshape(n, -1)
            if read == len(self.depths):
                features = (torch.log(features + 0.02) + 1.7) * 1.5
            heads = self.heads(functional.relu(self.hidden(features)))
            quality, weight = self.cells(planes).unbind(1)
            quality, weight = quality.reshape(n, -1), functional.softplus(weight.reshape(n, -1)) + 1e-3
            return heads[:, 0] + (quality * weight).sum(1) / weight.sum(1)

    made = Network()
    return made.to(memory_format=torch.channels_last) if channels_last else made


def speeds(photos, seconds, work):
    """Photos a second in some spans of time, in rising order; `work` waits for the device."""
    for _ in range(WARM_UP):
        work()
    found = []
    for _ in range(SPANS):
        start, calls = time.perf_counter(), 0
        while calls == 0 or time.perf_counter() - start < seconds:
            work()
            calls += 1
        found.append(calls * photos / (time.perf_counter() - start))
    return sorted(found)


def forward(model, batch, device, seconds):
    import torch

    model = model.to(device).eval()
    views = torch.rand(batch, VIEWS, 3, EDGE, EDGE, device=device)

    @torch.inference_mode()
    def work():
        model(views).cpu()

    return speeds(batch, seconds, work)


def training(model, batch, device, seconds):
    """Loss, gradients, clipping, AdamW and the slow average of the weights, as in src/train/learner.rs."""
    import copy

    import torch

    model = model.to(device).train()
    parameters = list(model.parameters())
    average = [parameter.detach().clone() for parameter in copy.deepcopy(model).parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.05, fused=device != "mps")
    views = torch.rand(batch, VIEWS, 3, EDGE, EDGE, device=device)
    target = torch.randn(batch, device=device)

    def work():
        optimiser.zero_grad(set_to_none=True)
        loss = torch.nn.functional.huber_loss(model(views), target)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 5.0, foreach=True)
        optimiser.step()
        with torch.no_grad():
            torch._foreach_lerp_(average, parameters, 0.02)
        loss.item()

    return speeds(batch, seconds, work)


def measure(args):
    import torch

    torch.set_num_threads(args.threads)
    name = torch.cuda.get_device_name() if args.device == "cuda" else f"{args.device} ({args.threads} threads)"
    # cuDNN rounds the inputs of convolutions to 10 bits (TF32) unless told not to: that is another number.
    for tf32 in (False, True) if args.device == "cuda" else (False,):
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = tf32
        torch.backends.cudnn.benchmark = True
        for channels_last in (False, True):
            engine = "PyTorch" + ", TF32" * tf32 + ", channels-last" * channels_last
            for what, run in (("forward", forward), ("training step", training)):
                for batch in map(int, args.batch.split(",")):
                    torch.manual_seed(1)
                    found = run(network(args.architecture, channels_last), batch, args.device, args.seconds)
                    line = {"engine": engine, "device": name, "architecture": args.architecture, "what": what}
                    line |= {"batch": batch, "speeds": found, "version": torch.__version__}
                    with open(args.results, "a", encoding="utf-8") as file:
                        print(json.dumps(line), file=file)
                    print(f"{engine}: {what}, batch {batch}: {statistics.median(found):.1f} photos a second", flush=True)


def table(args):
    with open(args.results, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    named = {True: "not measured", False: "not measured"}
    for line in lines:
        version = f", torch {line['version']}" if "version" in line else ""
        named[line["engine"] == "packshot"] = line["device"] + version
    print(f"{lines[0]['architecture']}; packshot on {named[True]}; PyTorch on {named[False]}\n")
    print("| | batch | engine | photos/s, median | min | max | packshot against it |\n|---|--:|---|--:|--:|--:|--:|")
    cases = sorted({(line["what"], line["batch"]) for line in lines})
    for what, batch in cases:
        of = {line["engine"]: line["speeds"] for line in lines if (line["what"], line["batch"]) == (what, batch)}
        for engine in (engine for engine in ENGINES if engine in of):
            middle = statistics.median(of[engine])
            known = engine != "packshot" and "packshot" in of
            ratio = f"{statistics.median(of['packshot']) / middle:.2f}" if known else ""
            print(f"| {what} | {batch} | {engine} | {middle:.1f} | {min(of[engine]):.1f} | {max(of[engine]):.1f} | {ratio} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=("time", "table"))
    parser.add_argument("results")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--architecture", default="cnn-s", choices=ARCHITECTURES)
    parser.add_argument("--batch", default="16,64")
    parser.add_argument("--seconds", type=float, default=2.0)
    arguments = parser.parse_args()
    {"time": measure, "table": table}[arguments.step](arguments)
