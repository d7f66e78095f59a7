#!/usr/bin/env bash
# Installs the named programs' Debian packages where they are missing, or says how to.
#
#   scripts/need.sh postgres libtiff-tools poppler-utils qpdf
#
# Each argument is a Debian package, but for "postgres": any PostgreSQL server of version 15 or
# later does, wherever it was installed from.
set -euo pipefail

programs() {
  for program in "$@"; do command -v "$program" >/dev/null 2>&1 || return 1; done
}

have() {
  case "$1" in
    postgres)
      [ -n "${PG_BINDIR:-}" ] && [ -x "$PG_BINDIR/postgres" ] && return 0
      command -v postgres >/dev/null 2>&1 && command -v initdb >/dev/null 2>&1 && return 0
      for p in /usr/lib/postgresql/*/bin/postgres /usr/pgsql-*/bin/postgres /opt/homebrew/opt/postgresql*/bin/postgres /usr/local/opt/postgresql*/bin/postgres; do
        [ -x "$p" ] && return 0
      done
      return 1 ;;
    libreoffice-calc) programs soffice ;;
    libtiff-tools) programs tiffcp fax2tiff tiff2pdf ;;
    poppler-utils) programs pdftoppm pdftotext pdfimages pdfinfo pdffonts ;;
    dovecot-imapd) command -v dovecot >/dev/null 2>&1 && [ -x /usr/lib/dovecot/imap ] ;;
    zbar-tools) command -v zbarimg >/dev/null 2>&1 ;;
    libc6-dev) [ -e /usr/include/stdio.h ] ;;
    python3-*) dpkg -s "$1" >/dev/null 2>&1 ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

missing=()
for p in "$@"; do
  have "$p" && continue
  case "$p" in postgres) missing+=(postgresql) ;; *) missing+=("$p") ;; esac
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "need: please install ${missing[*]} (Debian's package names) with this system's package manager, then try again" >&2
  exit 1
fi
run=()
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    run=(sudo -n)
  else
    echo "need: please run this once as root, then try again:" >&2
    echo "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
fi
echo "need: installing ${missing[*]}" >&2
case " ${missing[*]} " in
  *" postgresql "*)
    # todoke starts clusters of its own: Debian's package need not start one too.
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
      "${run[@]}" mkdir -p /etc/postgresql-common
      printf 'create_main_cluster = false\n' | "${run[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
    fi ;;
esac
log=$(mktemp)
if ! { "${run[@]}" apt-get update -q && "${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "need: apt-get could not install ${missing[*]}" >&2
  exit 1
fi
rm -f "$log"
