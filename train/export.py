#!/usr/bin/env python3
"""Fold, calibrate and write networks as ingest/glyph reads them.

usage: export.py CELLS_DIR WEIGHTS.bin VECTORS.bin NET.pt [NET.pt ...]

Temperature and blank test are fitted on the held-out synthetic cells alone. VECTORS.bin holds a few
held-out views and what these networks, run by PyTorch with the very weights written, answer:
count uint32, then per vector the box view, the cell view (784 bytes each) and for each network
eleven float32 logits.
"""
import struct
import sys
import zlib

import numpy as np
import torch
import torch.nn.functional as F

from train import Net, load, logits

torch.set_num_threads(1)
VIEWS = ("box", "cell")


def fold(net):
    """Batch normalisation folded into the convolutions, weights rounded to half floats in place."""
    layers = []
    with torch.no_grad():
        for block in net.features:
            if isinstance(block, torch.nn.MaxPool2d):
                layers[-1]["pool"] = 1
                continue
            conv, norm = block[0], block[1]
            k = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            weight = (conv.weight * k[:, None, None, None]).half().float()
            bias = norm.bias - norm.running_mean * k
            layers.append({"kind": 0, "kernel": conv.kernel_size[0], "pool": 0, "relu": 1,
                           "w": weight.permute(2, 3, 1, 0), "b": bias})
            # What PyTorch runs from here on is what was written.
            conv.weight.copy_(weight)
            norm.weight.fill_(1), norm.running_mean.fill_(0), norm.running_var.fill_(1 - norm.eps), norm.bias.copy_(bias)
        for layer, kernel, relu in ((net.hidden, 3, 1), (net.out, 1, 0)):
            layer.weight.copy_(layer.weight.half().float())
            w = layer.weight.view(layer.out_features, -1, kernel, kernel).permute(2, 3, 1, 0)
            layers.append({"kind": 1, "kernel": kernel, "pool": 0, "relu": relu, "w": w, "b": layer.bias})
    return layers


def temperature(z, y):
    """The temperature that makes held-out digits and junk likeliest."""
    t = torch.zeros(1, requires_grad=True)
    opt = torch.optim.LBFGS([t], max_iter=50)

    def closure():
        opt.zero_grad()
        loss = F.cross_entropy(z / t.exp(), y)
        loss.backward()
        return loss

    opt.step(closure)
    return float(t.exp())


def pooled_temperature(answers, temps, cells):
    """How much sharper the average of the networks must be made to mean what it says, fitted where
    the first network is not sure and the average counts (glyph's `sure`)."""
    if len(answers) == 1:
        return 1.0
    sure = .98
    probs, labels = 0, None
    for (net, view), t in zip(answers, temps):
        x, y = load(cells, "held", view)
        p = F.softmax(logits(net, x) / t, 1)
        first = p if labels is None else first
        probs, labels = probs + p / len(answers), torch.from_numpy(y)
    doubt = first.max(1)[0] < sure
    return temperature(probs[doubt].clamp_min(1e-12).log(), labels[doubt])


def blank_test(cells):
    """Logistic regression on the ink features: nobody wrote here against digits and marks."""
    def ink(prefix, names):
        x = np.concatenate([np.load("%s/%s_%s_ink.npy" % (cells, prefix, n)) for n in names])
        # The features and every product of two, in the order of glyph's features.
        return np.concatenate([x] + [x[:, i:i + 1] * x[:, j:j + 1] for i in range(6) for j in range(i, 6)], 1)
    used, blank = ink("train", ("scan", "font", "stroke", "mark")), ink("train", ("blank",))
    rng = np.random.default_rng(1)
    used = used[rng.permutation(len(used))[:60000]]
    x = torch.from_numpy(np.concatenate([used, blank])).double()
    y = torch.cat([torch.zeros(len(used)), torch.ones(len(blank))]).double()
    mean, sd = x.mean(0), x.std(0) + 1e-6
    n = x.shape[1]
    w = torch.zeros(n + 1, dtype=torch.double, requires_grad=True)
    opt = torch.optim.LBFGS([w], max_iter=300, line_search_fn="strong_wolfe")

    def closure():
        opt.zero_grad()
        z = ((x - mean) / sd) @ w[:n] + w[n]
        # Both classes weigh the same: how many cells of a form stay empty is not this test's to know.
        loss = F.binary_cross_entropy_with_logits(z, y, pos_weight=torch.tensor(len(used) / len(blank))) + 1e-4 * (w[:n] ** 2).sum()
        loss.backward()
        return loss

    opt.step(closure)
    w = w.detach()
    scale = w[:n] / sd
    bias = w[n] - (scale * mean).sum()
    for name, names, want in (("blank", ("blank",), 1), ("written", ("scan", "font", "stroke", "mark"), 0)):
        z = torch.from_numpy(ink("held", names)).double() @ scale + bias
        p = torch.sigmoid(z) if want else 1 - torch.sigmoid(z)
        print("held-out %s: n = %d, P(right) below 0.5: %.3f %%, below 0.995: %.2f %%" % (name, len(p), 100 * (p < .5).double().mean(), 100 * (p < .995).double().mean()))
    return [float(v) for v in scale] + [float(bias)]


def main(cells, out, vectors, *paths):
    body, answers, temps = b"", [], []
    for path in paths:
        saved = torch.load(path)
        net = Net()
        net.load_state_dict(saved["net"])
        net.eval()
        layers = fold(net)
        x, y = load(cells, "held", saved["view"])
        z, y = logits(net, x), torch.from_numpy(y)
        t = temperature(z, y)
        digit = y < 10
        p = F.softmax(z / t, 1)
        print("%s: T %.3f, held-out digits wrong %.3f %% (n = %d), junk taken for a digit at P > 0.9: %.2f %% (n = %d)" % (
            path, t, 100 * (z[digit, :10].argmax(1) != y[digit]).double().mean(), digit.sum(), 100 * (p[~digit, :10].max(1)[0] > .9).double().mean(), (~digit).sum()))
        body += struct.pack("<BBf", VIEWS.index(saved["view"]), len(layers), t)
        for l in layers:
            kh, kw, i, o = l["w"].shape
            body += struct.pack("<4B2H", l["kind"], l["kernel"], l["pool"], l["relu"], i, o)
            body += l["w"].detach().contiguous().numpy().astype("<f2").tobytes() + l["b"].detach().numpy().astype("<f4").tobytes()
        answers.append((net, saved["view"]))
        temps.append(t)
    pooled = pooled_temperature(answers, temps, cells)
    print("average of %d networks: T %.3f" % (len(answers), pooled))
    body += struct.pack("<f", pooled)
    blank = blank_test(cells)
    body += struct.pack("<H%df" % len(blank), len(blank) - 1, *blank)
    with open(out, "wb") as f:
        f.write(b"tdkglyph" + struct.pack("<HHII", 1, len(paths), len(body), zlib.crc32(body)) + body)

    # Forty digits of each kind, and some junk, spread over the sets.
    views = {v: [] for v in VIEWS}
    for name in ("clean", "scan", "font", "stroke", "junk"):
        pick = np.linspace(0, len(np.load("%s/held_%s_y.npy" % (cells, name))) - 1, 13).astype(int)
        for v in VIEWS:
            views[v].append(np.load("%s/held_%s_%s.npy" % (cells, name, v))[pick])
    views = {v: np.concatenate(a) for v, a in views.items()}
    z = [logits(net, views[v]).numpy().astype("<f4") for net, v in answers]
    with open(vectors, "wb") as f:
        n = len(views["box"])
        f.write(struct.pack("<I", n))
        for i in range(n):
            f.write(views["box"][i].tobytes() + views["cell"][i].tobytes() + b"".join(a[i].tobytes() for a in z))


if __name__ == "__main__":
    main(*sys.argv[1:])
