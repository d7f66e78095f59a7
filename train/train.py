#!/usr/bin/env python3
"""Train the digit networks on the cells that train/gen drew.

usage: train.py CELLS_DIR OUT.pt --view box|cell [--samples N] [--seed S]

One convolutional network over one 28 x 28 view: ten digits and a reject class. The same seed on
the same machine gives the same network. Forward and backward passes run in bfloat16, which a
processor with AMX does three times faster; weights, their mean and what is exported are float32.
"""
import argparse
import copy
import os
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SETS = ("clean", "scan", "font", "print", "stroke", "page", "junk", "mark", "blank")
DIGITS = ("clean", "scan", "font", "print", "stroke", "page")


class Net(nn.Module):
    """train/export.py reads the shape from the modules; ingest/glyph from the weights file."""

    def __init__(self):
        super().__init__()
        conv = lambda i, o, k: nn.Sequential(
            nn.Conv2d(i, o, k, padding=k // 2, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True))
        self.features = nn.Sequential(
            conv(1, 16, 5), nn.MaxPool2d(2),
            conv(16, 32, 3), conv(32, 32, 3), nn.MaxPool2d(2),
            conv(32, 64, 3), conv(64, 64, 3), nn.MaxPool2d(2))
        self.drop = nn.Dropout(0.15)
        self.hidden = nn.Linear(9 * 64, 64)
        self.out = nn.Linear(64, 11)

    def forward(self, x):
        x = self.drop(self.features(x).flatten(1))
        return self.out(self.drop(F.relu(self.hidden(x))))


def tensor(a):
    return torch.from_numpy(np.ascontiguousarray(a)).float().div_(255).unsqueeze(1)


def load(folder, prefix, view, sets=SETS):
    """Cells that hold ink after cleaning: the others never reach a network."""
    xs, ys = [], []
    for name in sets:
        base = os.path.join(folder, "%s_%s_" % (prefix, name))
        if not os.path.exists(base + "y.npy"):
            continue
        x, y = np.load(base + view + ".npy"), np.load(base + "y.npy")
        inked = np.load(base + "box.npy").reshape(len(x), -1).any(1)
        if name == "blank":
            # A line left of the frame looks like a 1: the blank test, which sees the cell, decides
            # that. Many of them here would only make the network doubt its ones.
            inked &= np.arange(len(x)) < len(x) // 4
        xs.append(x[inked])
        ys.append(y[inked])
    return np.concatenate(xs), np.concatenate(ys).astype(np.int64)


def augment(x, view):
    """Small affine changes and a change of blackness, new each time a cell is seen."""
    n = len(x)
    a = 1.0 if view == "box" else 0.7
    turn, shear = torch.randn(n) * .06 * a, torch.randn(n) * .08 * a
    sx, sy = 1 + torch.randn(n) * .06 * a, 1 + torch.randn(n) * .05 * a
    c, s = torch.cos(turn), torch.sin(turn)
    move = lambda: torch.randn(n) * .045
    m = torch.stack([torch.stack([c * sx, c * shear - s, move()], 1), torch.stack([s, (s * shear + c) * sy, move()], 1)], 1)
    x = F.grid_sample(x, F.affine_grid(m, (n, 1, 28, 28), align_corners=False), align_corners=False)
    return x.clamp(0, 1) ** torch.exp(torch.randn(n, 1, 1, 1) * .25)


def logits(net, x):
    net.eval()
    with torch.no_grad():
        return torch.cat([net(tensor(x[i:i + 500])) for i in range(0, len(x), 500)])


def follow(mean, net, decay):
    """The running mean of weights and of the normalisation's statistics."""
    with torch.no_grad():
        for a, b in zip(mean.state_dict().values(), net.state_dict().values()):
            a.lerp_(b, 1 - decay) if a.is_floating_point() else a.copy_(b)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("cells")
    p.add_argument("out")
    p.add_argument("--view", choices=("box", "cell"), default="box")
    p.add_argument("--samples", type=int, default=500000)
    p.add_argument("--seed", type=int, default=1)
    o = p.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(o.seed)
    rng = np.random.default_rng(o.seed)
    x, y = load(o.cells, "train", o.view)
    net = Net().to(memory_format=torch.channels_last)
    mean = copy.deepcopy(net)
    batch, peak = 128, 4e-3
    steps = o.samples // batch
    print("%s: %d cells, %d parameters, %d steps of %d" % (o.view, len(x), sum(q.numel() for q in net.parameters()), steps, batch), flush=True)
    opt = torch.optim.AdamW(net.parameters(), peak, weight_decay=2e-3)
    order, at, running, start = rng.permutation(len(x)), 0, 0.0, time.time()
    save = lambda seen: torch.save({"net": mean.state_dict(), "view": o.view, "seed": o.seed, "samples": seen}, o.out)
    for step in range(steps):
        f = step / steps
        lr = peak * (.1 + .9 * f / .1) if f < .1 else peak * .5 * (1 + np.cos(np.pi * (f - .1) / .9)) + 1e-6
        for g in opt.param_groups:
            g["lr"] = lr
        if at + batch > len(x):
            order, at = rng.permutation(len(x)), 0
        take = np.sort(order[at:at + batch])
        at += batch
        net.train()
        seen = augment(tensor(x[take]), o.view).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            z = net(seen)
        loss = F.cross_entropy(z.float(), torch.from_numpy(y[take]))
        opt.zero_grad()
        loss.backward()
        opt.step()
        follow(mean, net, min(.999, step / (step + 10)))
        running = loss.item() if step == 0 else .99 * running + .01 * loss.item()
        if (step + 1) % 1000 == 0:
            print("%d/%d %ds loss %.4f" % (step + 1, steps, time.time() - start, running), flush=True)
        if (step + 1) % 2000 == 0 or step + 1 == steps:
            save((step + 1) * batch)
    for name in DIGITS + ("junk",):
        try:
            hx, hy = load(o.cells, "held", o.view, (name,))
        except ValueError:
            continue
        z = logits(mean, hx)
        p = F.softmax(z, 1)
        if name == "junk":
            print("held-out junk: %.2f %% taken for a digit at P > 0.9, n = %d" % (100 * (p[:, :10].max(1)[0] > .9).float().mean(), len(hx)))
            continue
        wrong = z[:, :10].argmax(1).numpy() != hy
        print("held-out %s: %.3f %% wrong, likelihood loss %.4f, n = %d" % (name, 100 * wrong.mean(), F.cross_entropy(z, torch.from_numpy(hy)), len(hx)))
    print("%.0f s" % (time.time() - start))


if __name__ == "__main__":
    main()
