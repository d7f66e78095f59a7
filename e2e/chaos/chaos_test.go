package chaos_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"todoke/internal/built"
	"todoke/internal/dovecottest"
	"todoke/internal/needs"
)

func TestMain(m *testing.M) {
	if os.Getenv(smtpAddress) != "" {
		if err := serveSMTP(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// number is a setting of the run.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

const (
	user = "fax" // of the mailbox
	// patience is how long nothing at all may happen.
	patience = 4 * time.Minute
)

// run is one run of everything.
type run struct {
	t     *testing.T
	dir   string
	n     int
	kills int
	seed  uint64

	post    *post
	todoke  string
	data    string
	shop    *process
	smtp    *process
	dovecot *dovecottest.Server
	moments moments

	mu      sync.Mutex
	ledger  []sent
	wire    []wire   // what the SMTP server did, in order
	deaths  []death  // what was killed, in order
	panics  []string // what the program must never say
	brought atomic.Int64
	known   atomic.Int64
	db      database

	sure    int            // forms that the reader is sure of
	copies  int            // mails that lie twice in their folder
	listed  map[string]int // what the ledger lists
	answers map[string]int
}

// wire is a moment of a mail at the SMTP server.
type wire struct {
	at   time.Time
	what string
	id   string
}

// death is one kill.
type death struct {
	at   time.Time
	whom string
	when string // the moment waited for, "" for none
}

// TestChaos kills everything while mails come in, and counts.
func TestChaos(t *testing.T) {
	t.Parallel()
	needs.Programs(t, "dovecot")
	r := &run{t: t, n: number(t, "CHAOS_N", 60), kills: number(t, "CHAOS_KILLS", 6), seed: uint64(number(t, "CHAOS_SEED", 1))}
	r.prepare()
	began := time.Now()
	r.play()
	ended := time.Now()
	r.settle()
	r.check()
	r.report(ended.Sub(began), time.Since(began))
}

// prepare makes folders, builds the binary and starts everything.
func (r *run) prepare() {
	t := r.t
	dir, err := os.MkdirTemp("", "todoke-chaos-")
	must(t, err)
	must(t, os.Chmod(dir, 0o755)) //nolint:gosec // as above
	t.Cleanup(func() {
		if os.Getenv("CHAOS_KEEP") != "" {
			t.Log("kept:", dir)
			return
		}
		must(t, os.RemoveAll(dir))
	})
	r.dir, r.data = dir, filepath.Join(dir, "data")
	if r.todoke = os.Getenv("CHAOS_TODOKE"); r.todoke == "" {
		r.todoke = filepath.Join(dir, "todoke")
		built.Watch(t, "../..")
		must(t, built.Todoke(t.Context(), "../..", r.todoke))
	}
	must(t, os.Mkdir(filepath.Join(dir, "faxes"), 0o700))
	r.db.url = "host=" + filepath.Join(r.data, "postgres", "run") + " user=todoke dbname=todoke connect_timeout=5"
	r.dovecot = dovecottest.Start(t, dovecottest.Options{})
	address, err := freeAddress()
	must(t, err)
	r.smtp = &process{name: "the SMTP server", ready: "listening ", heard: r.heardSMTP, start: func() *exec.Cmd {
		cmd := exec.Command(os.Args[0]) //nolint:gosec // it is us, and killed below
		cmd.Env = append(os.Environ(), smtpAddress+"="+address, smtpMails+"="+filepath.Join(dir, "mails"), smtpSeed+"="+strconv.FormatUint(r.seed, 10))
		return cmd
	}}
	config := filepath.Join(dir, "todoke.yaml")
	must(t, os.WriteFile(config, []byte(r.config(address)), 0o600))
	r.shop = &process{name: "todoke", ready: "todoke is up", heard: r.heardShop, start: func() *exec.Cmd {
		return r.command("up", "--sample", "--no-faxes", "--listen", "127.0.0.1:0")
	}}
	for _, p := range []*process{r.smtp, r.shop} {
		must(t, p.launch())
	}
	stop := make(chan struct{})
	var watch sync.WaitGroup
	var deaths atomic.Int64
	t.Cleanup(func() {
		close(stop)
		for _, p := range []*process{r.shop, r.smtp} {
			p.kill()
		}
		watch.Wait()
		if t.Failed() {
			t.Logf("todoke said last:\n%s", r.shop.lastWords(60))
		}
	})
	for _, p := range []*process{r.smtp, r.shop} {
		if !p.awaitUp(patience) {
			t.Fatalf("%s does not start:\n%s", p.name, p.lastWords(40))
		}
	}
	for _, p := range []*process{r.smtp, r.shop} {
		watch.Go(func() { p.keepAlive(stop, &deaths) })
	}
	watch.Go(func() {
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				r.shop.weigh()
			}
		}
	})
}

// command is todoke with this run's settings.
func (r *run) command(args ...string) *exec.Cmd {
	cmd := exec.Command(r.todoke, append(args, "--data", r.data, "--config", filepath.Join(r.dir, "todoke.yaml"))...) //nolint:gosec // ours
	cmd.Dir = r.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.dir, "TMPDIR=" + r.dir, "LANG=C.UTF-8", "PG_BINDIR=" + os.Getenv("PG_BINDIR")}
	return cmd
}

func (r *run) config(smtp string) string {
	gateways := filepath.Join(r.dir, "gateways")
	must(r.t, os.Mkdir(gateways, 0o755)) //nolint:gosec // it holds no secret
	must(r.t, os.WriteFile(filepath.Join(gateways, "fukuro.yaml"), []byte(gatewayFile), 0o600))
	return fmt.Sprintf(`
mailboxes:
  fax:
    address: %s
    ca_file: %s
    user: %s
    password: %s
`, r.dovecot.TLSAddress, r.dovecot.CAFile, user, dovecottest.Password) + outgoing(smtp, gateways)
}

func (r *run) heardShop(line string) {
	switch {
	case strings.Contains(line, "taken from the mailbox"):
		r.moments.tell("taken")
	case strings.Contains(line, "panic") || strings.HasPrefix(line, "goroutine ") || strings.Contains(line, "DATA RACE"):
		r.mu.Lock()
		defer r.mu.Unlock()
		r.panics = append(r.panics, line)
	}
}

func (r *run) heardSMTP(line string) {
	what, id, _ := strings.Cut(line, " ")
	if what == "listening" {
		return
	}
	r.mu.Lock()
	r.wire = append(r.wire, wire{time.Now(), what, id})
	r.mu.Unlock()
	r.moments.tell(what)
}

// play brings the mails and kills.
func (r *run) play() {
	t := r.t
	forms := 6 // the race detector makes each cost a second
	if r.n > 200 {
		forms = r.n
	}
	p, err := newPost(r.seed, fmt.Sprintf("r%d", r.seed), forms, r.n >= 1000)
	must(t, err)
	r.post = p
	failed := make(chan error, 1)
	go func() { failed <- r.bring(p) }()
	must(t, r.killAll(failed))
}

// bring delivers all mails, never far ahead of what is worked: the kills must find work.
func (r *run) bring(p *post) error {
	const ahead = 60
	for no := 1; no <= r.n; no++ {
		for idle := time.Now(); ; {
			if int64(no)-r.worked() <= ahead {
				break
			}
			if time.Since(idle) > patience {
				return fmt.Errorf("nothing was worked for %v, with %d mails brought", patience, no-1)
			}
			<-time.After(20 * time.Millisecond)
		}
		s, raw, err := p.next(no, time.Now())
		if err != nil {
			return err
		}
		if err := r.dovecot.Deliver(user, fmt.Sprintf("%d.M%dP1.chaos", time.Now().Unix(), no), raw); err != nil {
			return err
		}
		r.mu.Lock()
		r.ledger = append(r.ledger, s)
		r.mu.Unlock()
		for i := range s.files {
			f := &s.files[i]
			if f.sha != "" {
				continue // it came before
			}
			path := filepath.Join(r.dir, "faxes", fmt.Sprintf("%06d-%d.%s", no, i+1, f.ext))
			if err := os.WriteFile(path, f.data, 0o600); err != nil {
				return err
			}
			f.data, f.sha = nil, hash(f.data)
		}
		r.brought.Store(int64(no))
	}
	return nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
