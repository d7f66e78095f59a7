#!/usr/bin/env python3
"""Fold, calibrate and write networks as ingest/glyph reads them.

usage: export.py CELLS_DIR WEIGHTS.bin VECTORS.bin NET.pt [NET.pt ...]

Calibration and blank test are fitted on the held-out synthetic cells alone. VECTORS.bin holds a few
held-out views and what these networks, run by PyTorch with the very weights written, answer:
count uint32, then per vector the box view, the cell view (784 bytes each), for each network eleven
float32 logits, and for the first network alone, the first two, … eleven probabilities.
"""
import os
import struct
import sys
import zlib

import numpy as np
import torch
import torch.nn.functional as F

from train import SETS, Net, load, logits

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


# What calibration weighs, for what a shop's faxes hold: mostly cells off pages. Three cells in a
# hundred of those a person wrote in hold no digit.
SHARES = {"page": .5, "scan": .2, "font": .1, "stroke": .1, "print": .05, "clean": .05}
NO_DIGIT = .03
SURE = .995  # glyph's sure
KNOTS = (-2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9.5, 11)


def minimise(loss, *parameters):
    opt = torch.optim.LBFGS(parameters, max_iter=200, line_search_fn="strong_wolfe")

    def closure():
        opt.zero_grad()
        l = loss()
        l.backward()
        return l

    opt.step(closure)


def calibration(zs, y, weight):
    """A pool as glyph's pool.go describes it, fitted to the networks' logits zs on held-out cells."""
    digit = y < 10
    zs, weight = [z.double() for z in zs], weight.double()
    w = torch.full((len(zs),), 1 / len(zs), dtype=torch.double, requires_grad=True)
    pooled = lambda: sum(k * z for k, z in zip(w, zs))
    dw = weight[digit] / weight[digit].sum()
    minimise(lambda: (dw * F.cross_entropy(pooled()[digit][:, :10], y[digit], reduction="none")).sum(), w)
    z = pooled().detach()
    # "None of them" against all ten.
    margin = z[:, 10] - z[:, :10].logsumexp(1)
    line = torch.tensor([1., 0.], dtype=torch.double, requires_grad=True)
    rw = torch.where(digit, weight / weight[digit].sum() * (1 - NO_DIGIT), weight / weight[~digit].sum() * NO_DIGIT)
    minimise(lambda: (rw * F.binary_cross_entropy_with_logits(line[0] * margin + line[1], (~digit).double(), reduction="none")).sum(), line)
    # The likeliest digit's log-odds, bent where they promise too much or too little; held to a
    # slope of one where there is little to learn from.
    best, which = z[digit][:, :10].max(1)
    others = z[digit][:, :10].scatter(1, which[:, None], -1e9).logsumexp(1)
    odds, right = best - others, (which == y[digit]).double()
    at = torch.tensor(KNOTS, dtype=torch.double)
    rise = torch.zeros(len(KNOTS), dtype=torch.double, requires_grad=True)
    x = odds.clamp(at[0], at[-1])
    i = torch.searchsorted(at, x.contiguous(), right=True).clamp(1, len(at) - 1)
    f = (x - at[i - 1]) / (at[i] - at[i - 1])

    def values():
        steps = (at[1:] - at[:-1]) * rise[1:].exp()
        return at[0] + rise[0] + torch.cat([torch.zeros(1, dtype=torch.double), steps.cumsum(0)])

    def loss():
        v = values()
        seen = v[i - 1] * (1 - f) + v[i] * f
        return (dw * F.binary_cross_entropy_with_logits(seen, right, reduction="none")).sum() + 1e-4 * (rise ** 2).sum()

    minimise(loss, rise)
    return w.detach(), line.detach(), at, values().detach()


def answer(pool, zs):
    """What glyph's pool.probs answers: eleven probabilities a cell."""
    w, line, at, to = pool
    z = sum(k * a.double() for k, a in zip(w, zs))
    digits = F.softmax(z[:, :10], 1)
    best, which = z[:, :10].max(1)
    odds = best - z[:, :10].scatter(1, which[:, None], -1e9).logsumexp(1)
    x = odds.clamp(at[0], at[-1])
    i = torch.searchsorted(at, x.contiguous(), right=True).clamp(1, len(at) - 1)
    f = (x - at[i - 1]) / (at[i] - at[i - 1])
    top = torch.sigmoid(to[i - 1] * (1 - f) + to[i] * f)
    rest = digits.scatter(1, which[:, None], 0)
    second, others = rest.max(1)[0], rest.sum(1).clamp_min(1e-300)
    top = torch.maximum(top, second / (others + second))
    digits = (rest * ((1 - top) / others)[:, None]).scatter(1, which[:, None], top[:, None])
    reject = torch.sigmoid(line[0] * (z[:, 10] - z[:, :10].logsumexp(1)) + line[1])
    return torch.cat([digits * (1 - reject)[:, None], reject[:, None]], 1)


def report(title, p, y):
    top, which = p[:, :10].max(1)
    right = (which == y).double()
    k = (top * 15).long().clamp(max=14)
    ece = sum(abs((top[k == b] - right[k == b]).sum()) for b in range(15)) / len(y)
    sure = top > .999
    print("  %-28s n = %5d, wrong %.3f %%, ECE %.2f %%, P > 0.999: %.1f %% of them, %d wrong" % (
        title, len(y), 100 * (1 - right.mean()), 100 * ece, 100 * sure.double().mean(), (1 - right[sure]).sum()))


def calibrate(answers, cells):
    """Pools for the first network alone, the first two, …, and what they say on held-out cells."""
    names = [n for n in SETS if os.path.exists("%s/held_%s_y.npy" % (cells, n))]
    sets = [(n, [load(cells, "held", v, (n,)) for _, v in answers]) for n in names]
    y = torch.from_numpy(np.concatenate([s[0][1] for _, s in sets]))
    zs = [torch.cat([logits(net, s[i][0]) for _, s in sets]) for i, (net, _) in enumerate(answers)]
    name = np.concatenate([[n] * len(s[0][1]) for n, s in sets])
    weight = torch.zeros(len(y))
    for n in names:
        here = torch.from_numpy(name == n)
        some = here & (y < 10)
        if n in SHARES and some.any():
            weight[some] = SHARES[n] / some.sum()
        weight[here & (y == 10)] = 1
    pools, p = [], None
    for k in range(1, len(zs) + 1):
        pool = calibration(zs[:k], y, weight)
        pools.append(pool)
        mine = answer(pool, zs[:k])
        ask = torch.ones(len(y), dtype=torch.bool) if p is None else p.max(1)[0] < SURE
        p = mine if p is None else torch.where(ask[:, None], mine, p)
        print("%d networks: weights %s, reject %.3f × %+.3f, knots %s" % (
            k, [round(float(v), 3) for v in pool[0]], pool[1][0], pool[1][1], [round(float(v), 2) for v in pool[3]]))
        for n in names:
            here = torch.from_numpy(name == n) & (y < 10)
            if here.any():
                report("%s, asked for %.1f %%" % (n, 100 * ask[here].double().mean()), p[here], y[here])
        none = y == 10
        print("  no digits: n = %d, above 0.5 %.2f %%, above 0.9 %.2f %%" % (
            none.sum(), 100 * (p[none][:, :10].max(1)[0] > .5).double().mean(), 100 * (p[none][:, :10].max(1)[0] > .9).double().mean()))
    return pools


def blank_test(cells, hidden=20, steps=4000):
    """A small perceptron on the ink features: nobody wrote here against digits and marks. What
    glyph's blankTest reads, as bytes."""
    written = [n for n in ("scan", "font", "stroke", "mark")]
    ink = lambda prefix, names: torch.from_numpy(np.concatenate([np.load("%s/%s_%s_ink.npy" % (cells, prefix, n)) for n in names]))
    torch.manual_seed(3)
    # Both classes weigh the same: how many cells of a form stay empty is not this test's to know.
    # Marks, which are smaller than digits, weigh a quarter of what was written.
    parts = [(ink("train", written[:3]), 0., .375), (ink("train", ("mark",)), 0., .125), (ink("train", ("blank",)), 1., .5)]
    x = torch.cat([p for p, _, _ in parts])
    y = torch.cat([torch.full((len(p),), label) for p, label, _ in parts])
    weight = torch.cat([torch.full((len(p),), share / len(p)) for p, _, share in parts]) * len(y)
    mean, sd = x.mean(0), x.std(0) + 1e-6
    net = torch.nn.Sequential(torch.nn.Linear(x.shape[1], hidden), torch.nn.Tanh(), torch.nn.Linear(hidden, 1))
    opt = torch.optim.Adam(net.parameters(), 1e-2)
    for step in range(steps):
        for g in opt.param_groups:
            g["lr"] = 1e-2 * (1 - step / steps) + 1e-5
        i = torch.randint(0, len(y), (512,))
        loss = (weight[i] * F.binary_cross_entropy_with_logits(net((x[i] - mean) / sd)[:, 0], y[i], reduction="none")).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        for name, names, want in (("blank", ("blank",), 1), ("digits", written[:3], 0), ("marks", ("mark",), 0)):
            p = torch.sigmoid(net((ink("held", names) - mean) / sd)[:, 0])
            p = p if want else 1 - p
            print("held-out %s: n = %d, P(right) below 0.5: %.3f %%, below 0.98: %.2f %%" % (
                name, len(p), 100 * (p < .5).double().mean(), 100 * (p < .98).double().mean()))
        w = net[0].weight / sd
        b = net[0].bias - w @ mean
        rows = torch.cat([w, b[:, None], net[2].weight.t()], 1)
        return struct.pack("<HH", x.shape[1], hidden) + rows.numpy().astype("<f4").tobytes() + net[2].bias.numpy().astype("<f4").tobytes()


def main(cells, out, vectors, *paths):
    body, answers = b"", []
    for path in paths:
        saved = torch.load(path)
        net = Net()
        net.load_state_dict(saved["net"])
        net.eval()
        layers = fold(net)
        body += struct.pack("<BB", VIEWS.index(saved["view"]), len(layers))
        for l in layers:
            kh, kw, i, o = l["w"].shape
            body += struct.pack("<4B2H", l["kind"], l["kernel"], l["pool"], l["relu"], i, o)
            body += l["w"].detach().contiguous().numpy().astype("<f2").tobytes() + l["b"].detach().numpy().astype("<f4").tobytes()
        answers.append((net, saved["view"]))
    pools = calibrate(answers, cells)
    for w, line, at, to in pools:
        body += struct.pack("<%df" % (len(w) + 2), *w, *line)
        body += struct.pack("<B", len(at)) + b"".join(struct.pack("<2f", a, t) for a, t in zip(at, to))
    body += blank_test(cells)
    with open(out, "wb") as f:
        f.write(b"tdkglyph" + struct.pack("<HHII", 2, len(paths), len(body), zlib.crc32(body)) + body)

    # Some of each kind, spread over the sets.
    views = {v: [] for v in VIEWS}
    for name in ("clean", "scan", "font", "print", "stroke", "page", "junk"):
        pick = np.linspace(0, len(np.load("%s/held_%s_y.npy" % (cells, name))) - 1, 10).astype(int)
        for v in VIEWS:
            views[v].append(np.load("%s/held_%s_%s.npy" % (cells, name, v))[pick])
    views = {v: np.concatenate(a) for v, a in views.items()}
    z = [logits(net, views[v]) for net, v in answers]
    z += [answer(p, z[:k + 1]) for k, p in enumerate(pools)]
    z = [a.numpy().astype("<f4") for a in z]
    with open(vectors, "wb") as f:
        n = len(views["box"])
        f.write(struct.pack("<I", n))
        for i in range(n):
            f.write(views["box"][i].tobytes() + views["cell"][i].tobytes() + b"".join(a[i].tobytes() for a in z))


if __name__ == "__main__":
    main(*sys.argv[1:])
