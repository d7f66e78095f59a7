package desk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"todoke/internal/browsertest"
	"todoke/internal/built"
)

// patience is how long anything may take on a busy machine.
const patience = 3 * time.Minute

var todoke string // the binary, built once

func TestMain(m *testing.M) {
	status := 1
	defer func() { os.Exit(status) }()
	dir, err := os.MkdirTemp("", "todoke-desk-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	todoke = filepath.Join(dir, "todoke")
	if err := built.Todoke(context.Background(), "../..", todoke); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	status = m.Run()
}

// TestIsOfTheseSources: a result that go test keeps is one of the sources as they are.
func TestIsOfTheseSources(t *testing.T) {
	t.Parallel()
	built.Watch(t, "../..")
}

// shop is a sample shop that runs in a process of its own.
type shop struct {
	t    *testing.T
	dir  string
	data string
	addr string // once it listened, it listens there again
	url  string

	documents map[string]int64 // by sample file

	cmd *exec.Cmd
	mu  sync.Mutex
	log bytes.Buffer
	end chan struct{}
}

// Write keeps what the process says.
func (s *shop) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

func (s *shop) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

const (
	login  = "shiraishi"
	secret = "a long enough password"
)

// openShop starts a shop at which 白石 works, who may see everything but a warehouse's pages.
func openShop(t *testing.T) *shop {
	t.Helper()
	dir, err := os.MkdirTemp("", "todoke-desk-") //nolint:usetesting // root's PostgreSQL must pass through, and it goes last
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // root's PostgreSQL must pass through
		t.Fatal(err)
	}
	s := &shop{t: t, dir: dir, data: filepath.Join(dir, "data"), addr: "127.0.0.1:0"}
	t.Cleanup(func() {
		_ = s.cmd.Process.Signal(os.Interrupt)
		select {
		case <-s.end:
		case <-time.After(patience):
			_ = s.cmd.Process.Kill()
			<-s.end
		}
		if t.Failed() {
			t.Logf("the shop said:\n%s", s.said())
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	s.start()
	s.hire(login, "白石 真紀", "operator")
	return s
}

var listening = regexp.MustCompile(`msg=listening url=http://(\S+)`)

// start starts the shop and waits until it answers.
func (s *shop) start() {
	s.t.Helper()
	s.log.Reset()
	s.cmd = exec.Command(todoke, "up", "--sample", "--no-faxes", "--data", s.data, "--listen", s.addr)
	s.cmd.Stdout, s.cmd.Stderr = s, s
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	cmd, end := s.cmd, make(chan struct{})
	s.end = end
	go func() { _ = cmd.Wait(); close(end) }()
	s.until("the shop is up", func() bool { return strings.Contains(s.said(), "todoke is up") })
	s.addr = listening.FindStringSubmatch(s.said())[1]
	s.url = "http://" + s.addr
	s.until("the shop is ready", func() bool {
		r, err := http.Get(s.url + "/readyz")
		if err != nil {
			return false
		}
		_ = r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
}

// kill ends the shop as kill -9 does.
func (s *shop) kill() {
	s.t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		s.t.Fatal(err)
	}
	<-s.end
}

func (s *shop) until(what string, done func() bool) {
	s.t.Helper()
	for end := time.Now().Add(patience); !done(); {
		select {
		case <-s.end:
			s.t.Fatalf("%s: the process ended:\n%s", what, s.said())
		case <-time.After(200 * time.Millisecond):
		}
		if time.Now().After(end) {
			s.t.Fatalf("it never came: %s", what)
		}
	}
}

// do runs a command on the shop's data.
func (s *shop) do(stdin string, args ...string) string {
	s.t.Helper()
	cmd := exec.Command(todoke, append(args, "--data", s.data)...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	if err := cmd.Run(); err != nil {
		s.t.Fatalf("todoke %s: %v\n%s%s", args[0], err, out.String(), errs.String())
	}
	return out.String()
}

func (s *shop) hire(login, name, role string, more ...string) {
	s.t.Helper()
	s.do(secret+"\n", append([]string{"staff", "add", login, "--name", name, "--role", role, "--stdin"}, more...)...)
}

// ingest hands files in and gives their documents, in order.
func (s *shop) ingest(at time.Time, files ...string) []int64 {
	s.t.Helper()
	out := s.do("", append([]string{"ingest", "--json", "--received-at", at.Format(time.RFC3339)}, files...)...)
	var ids []int64
	for d := json.NewDecoder(strings.NewReader(out)); d.More(); {
		var v struct{ Document int64 }
		if err := d.Decode(&v); err != nil {
			s.t.Fatal(err)
		}
		ids = append(ids, v.Document)
	}
	s.until("every page is read", func() bool {
		left := s.do("", "ledger", "--json")
		return !strings.Contains(left, `"state":"received"`) && !strings.Contains(left, `"kind":"job"`)
	})
	return ids
}

// signIn opens a window in which somebody has signed in.
func (s *shop) signIn(b *browsertest.Browser, login string) {
	s.t.Helper()
	b.Open(s.url + "/desk/login")
	b.Fill("#login", login)
	b.Fill("#password", secret)
	b.Click("button.main")
	b.Wait(".bar")
}
