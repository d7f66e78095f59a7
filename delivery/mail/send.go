package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	smtpclient "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"todoke/delivery"
)

// Security is how the connection is encrypted.
type Security string

// The kinds of security.
const (
	TLS      Security = "tls"      // from the first byte (RFC 8314), port 465
	StartTLS Security = "starttls" // refused without, port 587
	Plain    Security = "none"     // for a server on this machine
)

// Time-outs where a Server sets none.
const (
	// DefaultTimeout bounds connecting and login, and each command.
	DefaultTimeout = time.Minute
	// DefaultAnswer bounds the wait for the answer to the whole message. A shorter one makes
	// duplicates of slow servers (RFC 1047; RFC 5321, 4.5.3.2.6).
	DefaultAnswer = 10 * time.Minute
)

// Server is the SMTP server that takes our mails.
type Server struct {
	Address  string // HOST:PORT
	Security Security
	TLS      *tls.Config // nil trusts what the machine trusts
	Hello    string      // our name in EHLO; "" is the machine's
	User     string      // "" logs in nowhere
	Password func(ctx context.Context) (string, error)
	Timeout  time.Duration // 0 is DefaultTimeout
	Answer   time.Duration // 0 is DefaultAnswer
}

// Check connects, logs in and says goodbye. It sends nothing.
func (s Server) Check(ctx context.Context) error {
	c, stop, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer stop()
	return c.Quit()
}

// Send hands a mail over. The receipt is the server's answer. What goes wrong before a recipient
// is named is ours or the server's, and temporary whatever the code: a login that is refused
// tonight may be set right tomorrow, and no mail is lost by it. From the last byte of the mail
// to the server's answer, a lost connection leaves the outcome uncertain.
func (s Server) Send(ctx context.Context, from, to string, data []byte) (receipt string, err error) {
	c, stop, err := s.dial(ctx)
	if err != nil {
		return "", &delivery.Failure{Outcome: delivery.Temporary, Err: err}
	}
	defer stop()
	if err := c.Mail("<" + from + ">"); err != nil {
		return "", answered("the sender "+from, err)
	}
	if err := c.Rcpt("<" + to + ">"); err != nil {
		return "", answered("the recipient "+to, err)
	}
	w, err := c.Data()
	if err != nil {
		return "", answered("the mail", err)
	}
	if err := c.UpdateDeadline(orElse(s.Answer, DefaultAnswer)); err != nil {
		return "", delivery.Fail(delivery.Temporary, "send mail: %w", err)
	}
	if _, err := w.Write(data); err != nil {
		// The end of the message was not sent: no server may take it (RFC 5321, 4.1.1.4).
		return "", delivery.Fail(delivery.Temporary, "send mail: %w", err)
	}
	if err := w.Close(); err != nil {
		if _, ok := errors.AsType[*textproto.Error](err); ok {
			return "", answered("the mail", err)
		}
		return "", delivery.Fail(delivery.Uncertain, "the connection was lost before the server said whether it took the mail: %w", err)
	}
	if d, ok := w.(*smtp.DataCloser); ok {
		receipt = delivery.Line(d.ServerResponse())
	}
	_ = c.Quit() // it has the mail, whatever happens now
	const longest = 200
	return strings.ToValidUTF8(receipt[:min(len(receipt), longest)], ""), nil
}

// answered is a refusal, or a connection lost, before the mail was whole at the server.
func answered(what string, err error) error {
	e, ok := errors.AsType[*textproto.Error](err)
	switch {
	case !ok:
		return delivery.Fail(delivery.Temporary, "send mail: %w", err)
	case e.Code == 530 || e.Code == 535: // not logged in: that is about us
		return delivery.Fail(delivery.Temporary, "the server refuses %s: %w", what, err)
	case e.Code >= 500 && e.Code < 600:
		return delivery.Fail(delivery.Permanent, "the server refuses %s: %w", what, err)
	default:
		return delivery.Fail(delivery.Temporary, "the server does not take %s now: %w", what, err)
	}
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// dial is a session ready for a mail. stop ends it; so does the end of ctx.
func (s Server) dial(ctx context.Context) (c *smtp.Client, stop func(), err error) {
	host, portText, err := net.SplitHostPort(s.Address)
	if err != nil {
		return nil, nil, fmt.Errorf("connect to %s: %w", s.Address, err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, nil, fmt.Errorf("connect to %s: %w", s.Address, err)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLS != nil {
		config = s.TLS.Clone()
	}
	if config.ServerName == "" {
		config.ServerName = host
	}
	var conn net.Conn
	options := []smtpclient.Option{
		smtpclient.WithPort(port), smtpclient.WithTimeout(orElse(s.Timeout, DefaultTimeout)), smtpclient.WithTLSConfig(config),
		smtpclient.WithTLSPolicy(smtpclient.NoTLS), smtpclient.WithoutSMTPUTF8(),
		smtpclient.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			var err error
			if s.Security == TLS {
				conn, err = (&tls.Dialer{Config: config}).DialContext(ctx, network, address)
			} else {
				conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
			}
			return conn, err
		}),
	}
	if s.Security == StartTLS {
		options = append(options, smtpclient.WithTLSPolicy(smtpclient.TLSMandatory))
	}
	if s.Hello != "" {
		options = append(options, smtpclient.WithHELO(s.Hello))
	}
	if s.User != "" {
		password, err := s.Password(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("read password: %w", err)
		}
		if s.Security == Plain && !loopback(host) {
			return nil, nil, fmt.Errorf("log in at %s: the password would cross the network unencrypted: use tls or starttls", s.Address)
		}
		// The library's own logins take a connection that they did not encrypt for a plain one.
		options = append(options, smtpclient.WithSMTPAuthCustom(&login{user: s.User, password: password}))
	}
	client, err := smtpclient.NewClient(host, options...)
	if err != nil {
		return nil, nil, fmt.Errorf("connect to %s: %w", s.Address, err)
	}
	c, err = client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		if conn != nil {
			_ = conn.Close()
		}
		return nil, nil, fmt.Errorf("connect to %s: %w", s.Address, err)
	}
	if err := c.UpdateDeadline(orElse(s.Timeout, DefaultTimeout)); err != nil {
		_ = conn.Close()
		return nil, nil, fmt.Errorf("connect to %s: %w", s.Address, err)
	}
	off := context.AfterFunc(ctx, func() { _ = conn.Close() })
	return c, func() { off(); _ = conn.Close() }, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// login is AUTH PLAIN (RFC 4616), or LOGIN where the server has no other, over a connection
// that is known to be safe.
type login struct {
	user, password string
	plain          bool
	step           int
}

// Start implements smtp.Auth.
func (l *login) Start(server *smtp.ServerInfo) (proto string, toServer []byte, err error) {
	for _, m := range server.Auth {
		if strings.EqualFold(m, "PLAIN") {
			l.plain = true
			return "PLAIN", []byte("\x00" + l.user + "\x00" + l.password), nil
		}
	}
	for _, m := range server.Auth {
		if strings.EqualFold(m, "LOGIN") {
			return "LOGIN", nil, nil
		}
	}
	return "", nil, errors.New("the server offers neither AUTH PLAIN nor LOGIN")
}

// Next implements smtp.Auth.
func (l *login) Next(_ []byte, more bool) (toServer []byte, err error) {
	if !more {
		return nil, nil
	}
	l.step++
	switch {
	case l.plain || l.step > 2:
		return nil, errors.New("the server asks for more than a name and a password")
	case l.step == 1:
		return []byte(l.user), nil
	default:
		return []byte(l.password), nil
	}
}
