package smtptest

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Mail is one mail as it came.
type Mail struct {
	From string   // envelope sender, "" for none
	To   []string // envelope recipients
	Data []byte   // header and body, lines ending in CRLF
	TLS  bool     // came through TLS
	User string   // who logged in; "" where nobody did
}

// Config says what the server is like. The zero value takes everything from everybody.
type Config struct {
	Domain     string      // in the greeting; "localhost" where empty
	TLS        *tls.Config // offers STARTTLS; nil offers none
	Implicit   bool        // TLS from the first byte
	RequireTLS bool        // takes no mail without it
	User       string      // with Password: must log in (AUTH PLAIN or LOGIN)
	Password   string
	MaxBytes   int64 // of a mail; 0 is 64 MiB
	// Folder keeps each mail as NUMBER.eml, synced before it is answered, beneath Return-Path
	// and Delivered-To fields that tell its envelope; "" keeps none.
	Folder string
	// Forget keeps no mail in memory.
	Forget bool
	// Answer, where not nil, is asked at every stage what goes wrong, after what Fail queued.
	Answer func(at Stage, m Mail) Fault
	Log    *log.Logger // of the server's own failures; nil is silent
}

// Server is an SMTP server and what it kept.
type Server struct {
	cfg  Config
	smtp *smtp.Server
	stop context.Context //nolint:containedctx // ends delays with the server
	end  context.CancelFunc

	mu      sync.Mutex
	mails   []Mail
	number  int
	queued  []Fault
	arrived chan struct{} // closed and made anew with every mail
	once    sync.Once
}

// New makes a server that runs when served.
func New(cfg Config) (*Server, error) {
	s := &Server{cfg: cfg, arrived: make(chan struct{})}
	if cfg.Folder != "" {
		const passable = 0o750
		if err := os.MkdirAll(cfg.Folder, passable); err != nil {
			return nil, fmt.Errorf("make the folder of mails: %w", err)
		}
		names, err := filepath.Glob(filepath.Join(cfg.Folder, "*.eml"))
		if err != nil {
			return nil, fmt.Errorf("list mails: %w", err)
		}
		for _, name := range names {
			var n int
			if _, err := fmt.Sscanf(filepath.Base(name), "%d.eml", &n); err == nil {
				s.number = max(s.number, n)
			}
		}
	}
	s.stop, s.end = context.WithCancel(context.Background())
	s.smtp = smtp.NewServer(smtp.BackendFunc(s.session))
	s.smtp.Domain = "localhost"
	if cfg.Domain != "" {
		s.smtp.Domain = cfg.Domain
	}
	const maxBytes, patience, recipients = 64 << 20, 5 * time.Minute, 100 // RFC 5321, 4.5.3
	s.smtp.MaxMessageBytes = maxBytes
	if cfg.MaxBytes > 0 {
		s.smtp.MaxMessageBytes = cfg.MaxBytes
	}
	s.smtp.MaxRecipients = recipients
	s.smtp.ReadTimeout, s.smtp.WriteTimeout = patience, patience
	s.smtp.TLSConfig = cfg.TLS
	s.smtp.AllowInsecureAuth = !cfg.RequireTLS
	s.smtp.EnableSMTPUTF8, s.smtp.EnableDSN = true, true
	s.smtp.ErrorLog = log.New(io.Discard, "", 0)
	if cfg.Log != nil {
		s.smtp.ErrorLog = cfg.Log
	}
	return s, nil
}

// Serve runs a server on a listener until ctx ends, which is no error.
func Serve(ctx context.Context, l net.Listener, cfg Config) error {
	s, err := New(cfg)
	if err != nil {
		return err
	}
	return s.Serve(ctx, l)
}

// Serve runs the server on a listener until ctx ends, which is no error, and closes both.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	if s.cfg.Implicit {
		l = tls.NewListener(l, s.cfg.TLS)
	}
	stop := context.AfterFunc(ctx, s.Close)
	defer stop()
	if err := s.smtp.Serve(l); err != nil && ctx.Err() == nil && s.stop.Err() == nil {
		return fmt.Errorf("serve SMTP: %w", err)
	}
	return nil
}

// Close ends the server and its connections at once.
func (s *Server) Close() {
	s.end()
	s.once.Do(func() { _ = s.smtp.Close() }) // it does not bear two callers at one instant
}

// TB is what Start needs of a test.
type TB interface {
	Helper()
	Cleanup(f func())
	Fatalf(format string, args ...any)
}

// Start runs a server on loopback until the test ends and returns it with its address.
func Start(tb TB, cfg Config) (s *Server, address string) {
	tb.Helper()
	s, err := New(cfg)
	if err != nil {
		tb.Fatalf("make SMTP server: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it returns at once
	if err != nil {
		tb.Fatalf("listen: %v", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(s.stop, l) //nolint:contextcheck // Close ends it
	}()
	tb.Cleanup(func() {
		s.Close()
		_ = l.Close()
		<-ended
	})
	return s, l.Addr().String()
}

// Fail queues failures: each befalls the first transaction that comes to its stage.
func (s *Server) Fail(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queued = append(s.queued, faults...)
}

// Mails are the mails kept in memory, in the order in which they came.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// Await waits until n mails are kept in memory.
func (s *Server) Await(ctx context.Context, n int) ([]Mail, error) {
	for {
		s.mu.Lock()
		mails, arrived := append([]Mail(nil), s.mails...), s.arrived
		s.mu.Unlock()
		if len(mails) >= n {
			return mails, nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return mails, fmt.Errorf("wait for mail %d: %d came: %w", n, len(mails), ctx.Err())
		}
	}
}

func (s *Server) fault(at Stage, m Mail) Fault {
	s.mu.Lock()
	for i, f := range s.queued {
		if f.At == at {
			s.queued = append(s.queued[:i:i], s.queued[i+1:]...)
			s.mu.Unlock()
			return f
		}
	}
	s.mu.Unlock()
	if s.cfg.Answer != nil {
		if f := s.cfg.Answer(at, m); f.At == at {
			return f
		}
	}
	return Fault{}
}

// keep stores a mail, durably where there is a folder.
func (s *Server) keep(m Mail) error {
	s.mu.Lock()
	s.number++
	number := s.number
	s.mu.Unlock()
	if s.cfg.Folder != "" {
		if err := write(filepath.Join(s.cfg.Folder, fmt.Sprintf("%06d.eml", number)), m); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.cfg.Forget {
		s.mails = append(s.mails, m)
	}
	close(s.arrived)
	s.arrived = make(chan struct{})
	return nil
}

func write(path string, m Mail) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Return-Path: <%s>\r\n", m.From)
	for _, to := range m.To {
		fmt.Fprintf(&b, "Delivered-To: %s\r\n", to)
	}
	b.Write(m.Data)
	const readable = 0o640
	f, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, readable)
	if err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	_, err = f.Write(b.Bytes())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	return os.Rename(path+".part", path)
}

func (s *Server) session(c *smtp.Conn) (smtp.Session, error) {
	w := &session{s: s, c: c}
	f := s.fault(AtConnect, Mail{})
	if f.Code != 0 && !f.Drop { // a client would try HELO next
		_, _ = fmt.Fprintf(c.Conn(), "%d not today\r\n", f.Code)
		f.Drop = true
	}
	if err := w.answer(f); err != nil {
		return nil, err
	}
	return w, nil
}

// session is one connection.
type session struct {
	s *Server
	c *smtp.Conn
	m Mail
}

// answer does what a fault says; the error is its answer.
func (w *session) answer(f Fault) error {
	if f.Delay > 0 {
		select {
		case <-time.After(f.Delay):
		case <-w.s.stop.Done():
		}
	}
	if f.Drop {
		_ = w.c.Conn().Close()
	}
	switch {
	case f.Code != 0:
		text := f.Text
		if text == "" {
			text = "as the test says"
		}
		return &smtp.SMTPError{Code: f.Code, EnhancedCode: smtp.EnhancedCode{f.Code / 100, 0, 0}, Message: text}
	case f.Drop:
		return smtp.ErrDataReset
	}
	return nil
}

// AuthMechanisms implements smtp.AuthSession.
func (w *session) AuthMechanisms() []string {
	if w.s.cfg.User == "" {
		return nil
	}
	return []string{sasl.Plain, sasl.Login}
}

// Auth implements smtp.AuthSession.
func (w *session) Auth(mech string) (sasl.Server, error) {
	check := func(user, password string) error {
		if err := w.answer(w.s.fault(AtAuth, w.m)); err != nil {
			return err
		}
		if user != w.s.cfg.User || password != w.s.cfg.Password {
			return smtp.ErrAuthFailed
		}
		w.m.User = user
		return nil
	}
	if strings.EqualFold(mech, sasl.Login) {
		return &loginServer{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
}

// loginServer is AUTH LOGIN, which has no RFC but many users.
type loginServer struct {
	check func(user, password string) error
	step  int
	user  string
}

// Next implements sasl.Server.
func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if l.step == 0 && response != nil { // an initial response is the name
		l.step = 1
	}
	l.step++
	switch l.step {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	default:
		return nil, true, l.check(l.user, string(response))
	}
}

// Mail implements smtp.Session.
func (w *session) Mail(from string, _ *smtp.MailOptions) error {
	_, w.m.TLS = w.c.TLSConnectionState()
	if w.s.cfg.RequireTLS && !w.m.TLS {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Must issue a STARTTLS command first"}
	}
	if w.s.cfg.User != "" && w.m.User == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	w.m.From, w.m.To = from, nil
	return w.answer(w.s.fault(AtMail, w.m))
}

// Rcpt implements smtp.Session.
func (w *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	m := w.m
	m.To = append(append([]string(nil), w.m.To...), to)
	if err := w.answer(w.s.fault(AtRcpt, m)); err != nil {
		return err
	}
	w.m = m
	return nil
}

// Data implements smtp.Session.
func (w *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m := w.m
	m.Data = data
	f := w.s.fault(AtData, m)
	if err := w.answer(f); err != nil {
		return err
	}
	if err := w.s.keep(m); err != nil {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "the mail could not be kept"}
	}
	switch {
	case f.Lose:
		_ = w.c.Conn().Close()
	case f.HangUp, f.Twice:
		_, err = io.WriteString(w.c.Conn(), "250 2.0.0 OK: queued\r\n")
		if f.HangUp {
			err = errors.Join(err, w.c.Conn().Close())
		}
	}
	return err
}

// Reset implements smtp.Session.
func (w *session) Reset() { w.m.From, w.m.To, w.m.Data = "", nil, nil }

// Logout implements smtp.Session.
func (w *session) Logout() error { return nil }
