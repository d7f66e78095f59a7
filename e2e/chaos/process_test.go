package chaos_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// process is one that is started again whenever it has ended.
type process struct {
	name  string
	start func() *exec.Cmd
	ready string // what it says once it works
	heard func(line string)

	mu    sync.Mutex
	cmd   *exec.Cmd
	up    chan struct{} // closed once it is ready
	ended chan struct{} // closed once it has ended and all that it said is heard
	peak  int64         // bytes of memory, most of all its lives
	lives int
	tail  []string // the last it said
}

// launch starts it. Its death is noticed by who waits for ended.
func (p *process) launch() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd := p.start()
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		return errors.Join(fmt.Errorf("start %s: %w", p.name, err), r.Close(), w.Close())
	}
	_ = w.Close()
	up, ended := make(chan struct{}), make(chan struct{})
	p.cmd, p.up, p.ended = cmd, up, ended
	p.lives++
	go func() {
		defer close(ended)
		p.listen(r, up)
		_ = r.Close()
		_ = cmd.Wait()
	}()
	return nil
}

func (p *process) listen(r io.Reader, up chan struct{}) {
	const longest, remembered = 1 << 20, 400
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longest)
	told := false
	for lines.Scan() {
		text := lines.Text()
		if !told && strings.Contains(text, p.ready) {
			told = true
			close(up)
		}
		p.mu.Lock()
		p.tail = append(p.tail, text)
		if len(p.tail) > 2*remembered {
			p.tail = append(p.tail[:0], p.tail[len(p.tail)-remembered:]...)
		}
		p.mu.Unlock()
		p.heard(text)
	}
}

func (p *process) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd.Process.Pid
}

func (p *process) signs() (up, ended chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.up, p.ended
}

func (p *process) isUp() bool {
	up, ended := p.signs()
	select {
	case <-ended:
		return false
	default:
	}
	select {
	case <-up:
		return true
	default:
		return false
	}
}

// weigh notes its peak memory so far (VmHWM).
func (p *process) weigh() {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid()))
	if err != nil {
		return
	}
	_, rest, ok := strings.Cut(string(status), "VmHWM:")
	if !ok || !strings.HasPrefix(string(status), "Name:\ttodoke\n") { // between two lives its number may be another's
		return
	}
	kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.peak = max(p.peak, kb<<10)
}

// kill ends it as kill -9 does.
func (p *process) kill() {
	p.weigh()
	_, ended := p.signs()
	_ = syscall.Kill(p.pid(), syscall.SIGKILL)
	<-ended
}

// awaitUp waits until it works; false where it has ended before, or time ran out.
func (p *process) awaitUp(patience time.Duration) bool {
	up, ended := p.signs()
	select {
	case <-up:
		return true
	case <-ended:
		return false
	case <-time.After(patience):
		return false
	}
}

// weight is its peak memory in bytes, and how often it was started.
func (p *process) weight() (peak int64, lives int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.peak, p.lives
}

func (p *process) lastWords(n int) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.tail[max(0, len(p.tail)-n):], "\n")
}

// keepAlive is what a supervisor does: whatever ends is started again, until stop is closed.
func (p *process) keepAlive(stop <-chan struct{}, deaths *atomic.Int64) {
	for {
		_, ended := p.signs()
		select {
		case <-stop:
			return
		case <-ended:
		}
		select {
		case <-stop:
			return
		default:
		}
		deaths.Add(1)
		if err := p.launch(); err != nil {
			p.heard("cannot be started: " + err.Error())
			return
		}
	}
}

// postmaster is the process id of the private PostgreSQL, 0 where there is none.
func postmaster(data string) int {
	b, err := os.ReadFile(filepath.Join(data, "postgres", "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, _ := strconv.Atoi(strings.TrimSpace(line))
	return pid
}

// freeAddress is one on loopback that nobody listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// moments tells who waits for one of what happens.
type moments struct {
	mu    sync.Mutex
	waits []chan string
}

func (m *moments) tell(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.waits {
		select {
		case c <- what:
		default:
		}
	}
}

// await waits for a moment of that name; false where none came in time.
func (m *moments) await(name string, patience time.Duration) bool {
	c := make(chan string, 64)
	m.mu.Lock()
	m.waits = append(m.waits, c)
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		for i, w := range m.waits {
			if w == c {
				m.waits = append(m.waits[:i:i], m.waits[i+1:]...)
				return
			}
		}
	}()
	late := time.After(patience)
	for {
		select {
		case what := <-c:
			if what == name {
				return true
			}
		case <-late:
			return false
		}
	}
}
