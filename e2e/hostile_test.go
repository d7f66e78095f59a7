package e2e_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// hostileFile is a file that is no fax, and what a command says of it.
type hostileFile struct {
	name string
	data []byte
}

// hostileFiles are things that fax servers, mail gateways and people really leave behind, and
// some that only an attacker would.
func hostileFiles(fax []byte) []hostileFile {
	noise := make([]byte, 64<<10)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(noise)
	loop := []byte("II*\x00\x08\x00\x00\x00\x00\x00\x08\x00\x00\x00") // a directory that is its own next
	bomb := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 1<<31-1), 1<<31-1)...)
	bomb = append(bomb, "\x01\x00\x00\x00\x00\x00\x00\x00\x00"...)
	return []hostileFile{
		{"empty.tif", nil},
		{"empty.pdf", nil},
		{"noise.tif", noise},
		{"noise.bin", noise},
		{"noise.eml", noise},
		{"half.tif", fax[:len(fax)/2]},
		{"head.tif", fax[:8]},
		{"loop.tif", loop},
		{"bomb.png", bomb},
		{"nothing.pdf", []byte("%PDF-1.4\n%%EOF\n")},
		{"broken.json", []byte(`{"customer_code":`)},
		{"deep.json", bytes.Repeat([]byte(`{"a":`), 20_000)},
		{"memo.txt", []byte("明日の会議は10時からです\n")},
	}
}

const (
	maxMemory  = 200 << 20        // what a command may take for a hostile file
	maxPatient = 60 * time.Second // on a busy machine; none comes near it
)

func bounded(t *testing.T, what string, r result) {
	t.Helper()
	if r.maxRSS > maxMemory {
		t.Errorf("%s took %d MiB", what, r.maxRSS>>20)
	}
	if r.took > maxPatient {
		t.Errorf("%s took %v", what, r.took)
	}
	if strings.Contains(r.stderr, "goroutine ") || strings.Contains(r.stderr, "panic") {
		t.Errorf("%s panicked:\n%s", what, r.stderr)
	}
}

// sparse makes a file of n bytes that takes no room on the disk.
func sparse(t *testing.T, p person, name, head string, n int64) string {
	t.Helper()
	path := p.write(t, name, []byte(head))
	if err := os.Truncate(path, n); err != nil {
		t.Fatal(err)
	}
	return path
}

// What cannot be read is said to be so, within bounds, and the exit status tells.
func TestReadHostile(t *testing.T) {
	t.Parallel()
	who := ordinary(t)
	fax := oneFax(t)
	paths := []string{
		sparse(t, who, "sparse.tif", "", 200<<20),
		sparse(t, who, "sparse-head.tif", "II*\x00\x08\x00\x00\x00", 200<<20),
		sparse(t, who, "sparse.pdf", "%PDF-1.4\n", 200<<20),
		sparse(t, who, "huge.tif", "II*\x00", 2<<30),
	}
	for _, f := range hostileFiles(fax) {
		paths = append(paths, who.write(t, f.name, f.data))
	}
	for _, path := range paths {
		name := filepath.Base(path)
		for _, args := range [][]string{{"read", "--json", path}, {"pages", path, "-o", filepath.Join(who.home, "out")}} {
			r := who.run(t, args...)
			bounded(t, args[0]+" "+name, r)
			// Of half a fax the first half is a page, with its rows told to be bad.
			if name != "half.tif" && (r.status != 1 || !strings.Contains(r.stdout, `"error":"`) || !strings.Contains(r.stderr, "could not be decoded")) {
				t.Errorf("%s %s: %.500s", args[0], name, r)
			}
		}
	}
	if r := who.run(t, "read", "--json", filepath.Join(who.home, "half.tif")); strings.Contains(r.stdout, `"decision":"accept"`) {
		t.Errorf("half a fax is taken for a whole one: %.2000s", r)
	}
	for _, args := range [][]string{{"read", filepath.Join(who.home, "no-such.tif")}, {"pages", who.home, "-o", who.home}, {"read"}} {
		if r := who.run(t, args...); r.status != 2 || !strings.Contains(r.stderr, "todoke: ") {
			t.Errorf("todoke %v: %s", args, r)
		}
	}
}

// Whatever is handed in is kept byte for byte, and a person sees it.
func TestIngestHostile(t *testing.T) {
	t.Parallel()
	who := ordinary(t)
	data := filepath.Join(who.home, "shop")
	fax := oneFax(t)
	s := up(t, who, data)
	all := hostileFiles(fax)
	args := []string{}
	for _, f := range all {
		args = append(args, who.write(t, f.name, f.data))
	}
	ids := ingest(t, who, data, args...)
	if len(ids) != len(all) {
		t.Fatalf("%d files, documents %v", len(all), ids)
	}

	// Too large to be a fax: said so, and no reason not to take the others.
	large := sparse(t, who, "large.tif", "II*\x00", 200<<20)
	after := who.write(t, "after.bin", []byte("another"))
	r := who.run(t, "ingest", large, after, "--data", data)
	bounded(t, "ingest large.tif", r)
	if r.status != 1 || !strings.Contains(r.stderr, "large.tif") || !strings.Contains(r.stdout, "after.bin") {
		t.Errorf("a file that is too large, and one behind it: %s", r)
	}

	for i, id := range ids {
		name := all[i].name
		d := read(t, who, data, id)
		sum := sha256.Sum256(all[i].data)
		if d.SHA256 != hex.EncodeToString(sum[:]) || d.SizeBytes != int64(len(all[i].data)) {
			t.Errorf("%s is not kept as it came: %+v", name, d)
		}
		kept, err := os.ReadFile(filepath.Join(data, "blobs", d.SHA256[:2], d.SHA256))
		if err != nil || !bytes.Equal(kept, all[i].data) {
			t.Errorf("%s is not kept as it came: %v, %d bytes", name, err, len(kept))
		}
		if len(d.Reviews) == 0 {
			t.Errorf("nobody is shown %s: %+v", name, d)
		}
		for _, v := range d.Reviews {
			if v.State != "open" || len(v.Problems) == 0 || v.Problems[0].Message == "" {
				t.Errorf("the review of %s says nothing: %+v", name, v)
			}
		}
	}
	for _, e := range unfinished(t, who, data, "document", "page", "job", "audit") {
		if e.State != "review" {
			t.Errorf("%s %s is %s: %s", e.Kind, e.Name, e.State, e.Detail)
		}
	}
	s.stop(t)
	if text := s.out.String(); strings.Contains(text, "goroutine ") {
		t.Errorf("something panicked:\n%s", text)
	}
}

// oneFax is a faxed order form as the sample's customers send it.
func oneFax(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile(newSample(t).fax("fax-01-g4.tif"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
