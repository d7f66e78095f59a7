package chaos_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/signal"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"time"

	"todoke/internal/smtptest"
)

// The test's binary is the SMTP server, too, where these say so: a process that can be killed.
const (
	smtpAddress = "CHAOS_SMTP_ADDRESS"
	smtpMails   = "CHAOS_SMTP_MAILS"
	smtpSeed    = "CHAOS_SMTP_SEED"
)

var messageID = regexp.MustCompile(`(?i)\nMessage-ID: *<([^>\r\n]+)>`)

// serveSMTP serves until it is told to stop or killed. Each line that it prints is a moment of a
// mail: "data ID" when all of it is here, "answer ID" before the server says that it is kept and
// "answered ID" after, "fault ID WHAT" when it fails as it was told. What is printed is with the
// reader, whatever becomes of the server.
func serveSMTP() error {
	seed, err := strconv.ParseUint(os.Getenv(smtpSeed), 10, 64)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var mu sync.Mutex
	unsure := map[string]bool{}                                     // mails that were left without an answer: thrice, and todoke rightly gives up
	r := rand.New(rand.NewPCG(seed, uint64(time.Now().UnixNano()))) // each life has faults of its own
	fault := func(at smtptest.Stage, m smtptest.Mail) smtptest.Fault {
		mu.Lock()
		defer mu.Unlock()
		f := smtptest.Fault{}
		switch n := r.IntN(1000); {
		case at == smtptest.AtConnect && n < 20:
			f = smtptest.Fault{At: at, Drop: true}
		case at == smtptest.AtRcpt && n < 20:
			f = smtptest.Fault{At: at, Code: 450}
		case at != smtptest.AtData:
		case n < 30:
			f = smtptest.Fault{At: at, Code: 451}
		case n < 50:
			f = smtptest.Fault{At: at, Drop: true}
		case n < 80:
			f = smtptest.Fault{At: at, Lose: true}
		case n < 100:
			f = smtptest.Fault{At: at, HangUp: true}
		case n < 250:
			f = smtptest.Fault{At: at, Delay: time.Duration(r.IntN(150)) * time.Millisecond}
		}
		if at == smtptest.AtData {
			id := ""
			if found := messageID.FindSubmatch(m.Data); found != nil {
				id = string(found[1])
			}
			if f.Drop || f.Lose || f.HangUp {
				if unsure[id] {
					f = smtptest.Fault{}
				}
				unsure[id] = true
			}
			moment("data", id)
			if f.Code != 0 || f.Drop || f.Lose || f.HangUp {
				moment("fault", fmt.Sprintf("%s code=%d drop=%v lose=%v hangup=%v", id, f.Code, f.Drop, f.Lose, f.HangUp))
			}
		}
		return f
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", os.Getenv(smtpAddress))
	if err != nil {
		return err
	}
	moment("listening", "")
	return smtptest.Serve(ctx, tapped{l}, smtptest.Config{Domain: "smtp.example.jp", Folder: os.Getenv(smtpMails), Forget: true, Answer: fault})
}

// moment prints in one write, so that lines stay whole.
func moment(what, of string) {
	_, _ = os.Stdout.WriteString(what + " " + of + "\n")
}

// tapped listens in: only the connection knows when an answer has left.
type tapped struct{ net.Listener }

func (l tapped) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &tap{Conn: c}, nil
}

type tap struct {
	net.Conn
	tail []byte
	id   string
}

func (t *tap) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	if t.id == "" {
		const enough = 16 << 10
		t.tail = append(t.tail, b[:n]...)
		if found := messageID.FindSubmatch(t.tail); found != nil {
			t.id = string(found[1])
		} else if len(t.tail) > enough {
			t.tail = t.tail[len(t.tail)-enough:]
		}
	}
	return n, err
}

func (t *tap) Write(b []byte) (int, error) {
	kept := t.id != "" && keptAnswer.Match(b)
	if kept {
		moment("answer", t.id)
	}
	n, err := t.Conn.Write(b)
	if kept {
		if err == nil {
			moment("answered", t.id)
		}
	}
	if kept || refused.Match(b) {
		t.id, t.tail = "", nil
	}
	return n, err
}

// keptAnswer is how the server says that it has a mail.
var (
	keptAnswer = regexp.MustCompile(`^250 2\.0\.0 OK: queued`)
	refused    = regexp.MustCompile(`^[45]\d\d `)
)
