package mailbox_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"todoke/ingest/mailbox"
)

// scripted is an IMAP server of a few lines, which does at one command what a case tells it to.
type scripted struct {
	t       *testing.T
	address string

	mu       sync.Mutex
	mails    map[int][]byte
	moved    int
	made     bool     // the folder to which they move
	commands []string // words of those that came
	// at is asked at every command; true means that it has answered, or hung up.
	at func(word, tag string, c *wireEnd) bool
}

// wireEnd is the server's end of a connection.
type wireEnd struct {
	net.Conn
	r *bufio.Reader
}

func (c *wireEnd) say(format string, args ...any) { _, _ = fmt.Fprintf(c, format+"\r\n", args...) }

// flood writes the same bytes until the client has gone, or has taken more than it ever may.
func (c *wireEnd) flood(b string) {
	chunk := []byte(strings.Repeat(b, max(1, 32<<10/len(b))))
	for n := 0; n < 2<<30; n += len(chunk) {
		if _, err := c.Write(chunk); err != nil {
			return
		}
	}
}

func startScripted(t *testing.T) *scripted {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	s := &scripted{t: t, address: l.Addr().String(), mails: map[int][]byte{1: mail(1), 2: mail(2), 3: mail(3)}}
	var running sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			running.Go(func() {
				defer func() { _ = c.Close() }()
				s.serve(&wireEnd{c, bufio.NewReader(c)})
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	return s
}

// script sets what the server does instead of what it should.
func (s *scripted) script(do func(word, tag string, c *wireEnd) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = do
}

func (s *scripted) does(word, tag string, c *wireEnd) bool {
	s.mu.Lock()
	s.commands = append(s.commands, word)
	at := s.at
	s.mu.Unlock()
	return at != nil && at(word, tag, c)
}

var inSet = regexp.MustCompile(`\d+(:(\d+|\*))?(,\d+(:(\d+|\*))?)*`)

// uids are those of a set that there are.
func (s *scripted) uids(set string) []int {
	var out []int
	for part := range strings.SplitSeq(set, ",") {
		from, to, isRange := strings.Cut(part, ":")
		low, _ := strconv.Atoi(from)
		high := low
		if isRange {
			if high, _ = strconv.Atoi(to); to == "*" {
				high = 1 << 30
			}
		}
		for u := range s.mails {
			if u >= low && u <= high {
				out = append(out, u)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

const caps = "IMAP4rev1 UIDPLUS MOVE"

func (s *scripted) serve(c *wireEnd) {
	if s.does("GREETING", "*", c) {
		return
	}
	c.say("* OK [CAPABILITY %s] ready", caps)
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return
		}
		tag, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		word := strings.ToUpper(rest)
		for _, w := range []string{"LOGIN", "SELECT", "UID SEARCH", "UID FETCH", "LIST", "CREATE", "SUBSCRIBE", "UID MOVE", "CAPABILITY"} {
			if strings.HasPrefix(word, w) {
				word = w
				break
			}
		}
		if word == "UID FETCH" && strings.Contains(rest, "BODY") {
			word = "BODY"
		}
		if s.does(word, tag, c) {
			return
		}
		s.answer(word, tag, rest, c)
	}
}

func (s *scripted) answer(word, tag, rest string, c *wireEnd) {
	s.mu.Lock()
	defer s.mu.Unlock()
	set := inSet.FindString(strings.TrimPrefix(strings.TrimPrefix(rest, "UID FETCH "), "UID MOVE "))
	switch word {
	case "CAPABILITY":
		c.say("* CAPABILITY %s", caps)
	case "SELECT":
		c.say("* %d EXISTS\r\n* OK [UIDVALIDITY 7] numbered\r\n* OK [UIDNEXT 4] next\r\n* FLAGS (\\Seen)\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] kept", len(s.mails))
	case "UID SEARCH":
		words := []string{"* SEARCH"}
		for _, u := range s.uids(inSet.FindString(rest)) {
			words = append(words, strconv.Itoa(u))
		}
		c.say("%s", strings.Join(words, " "))
	case "UID FETCH":
		for _, u := range s.uids(set) {
			c.say(`* %d FETCH (UID %d RFC822.SIZE %d INTERNALDATE "13-Nov-2026 09:00:00 +0900")`, u, u, len(s.mails[u]))
		}
	case "BODY":
		for _, u := range s.uids(set) {
			c.say("* %d FETCH (UID %d BODY[] {%d}\r\n%s)", u, u, len(s.mails[u]), s.mails[u])
		}
	case "LIST":
		c.say(`* LIST (\Noselect) "/" ""`)
	case "CREATE":
		s.made = true
	case "UID MOVE":
		if !s.made {
			c.say("%s NO [TRYCREATE] no such folder", tag)
			return
		}
		for _, u := range s.uids(set) {
			delete(s.mails, u)
			s.moved++
		}
	}
	c.say("%s OK done", tag)
}

// always does the same at a command, whatever connection it is.
func always(word string, do func(tag string, c *wireEnd)) func(string, string, *wireEnd) bool {
	return func(w, tag string, c *wireEnd) bool {
		if w == word {
			do(tag, c)
		}
		return w == word
	}
}

// instead answers something else and goes on.
func instead(word, text string) func(string, string, *wireEnd) bool {
	return func(w, tag string, c *wireEnd) bool {
		if w == word {
			_, _ = io.WriteString(c, strings.ReplaceAll(text, "TAG", tag))
		}
		return false
	}
}

var everyCommand = []string{"GREETING", "LOGIN", "SELECT", "UID SEARCH", "UID FETCH", "BODY", "LIST", "CREATE", "UID MOVE"}

// hostilities are what servers may do, by name. Each is on its own: collecting ends in time and
// in little memory, with or without an error; and once the server behaves, every mail is there.
func hostilities() map[string]func(string, string, *wireEnd) bool {
	all := map[string]func(string, string, *wireEnd) bool{}
	for _, word := range everyCommand {
		all["hangs up at "+word] = always(word, func(string, *wireEnd) {})
		all["is silent at "+word] = always(word, func(_ string, c *wireEnd) { _, _ = io.Copy(io.Discard, c) })
		all["says BYE at "+word] = always(word, func(_ string, c *wireEnd) { c.say("* BYE shutting down") })
		all["writes a line without end at "+word] = always(word, func(_ string, c *wireEnd) {
			_, _ = io.WriteString(c, "* OK ")
			c.flood("a")
		})
		all["writes lines without end at "+word] = always(word, func(_ string, c *wireEnd) { c.flood("* 5 EXISTS\r\n") })
		all["writes no IMAP at "+word] = always(word, func(_ string, c *wireEnd) { c.flood("\x00\xff{}()\"\\\n") })
		all["refuses "+word] = instead(word, "TAG NO not now\r\n")
		all["calls it wrong: "+word] = instead(word, "TAG BAD what\r\n")
		all["asks for more at "+word] = instead(word, "+ go on\r\n")
		all["answers another tag at "+word] = instead(word, "ZZZ99 OK done\r\n")
		all["nests lists at "+word] = always(word, func(_ string, c *wireEnd) {
			_, _ = io.WriteString(c, "* 1 FETCH ")
			c.flood("(")
		})
	}
	fetch := func(text string) func(string, string, *wireEnd) bool {
		return always("BODY", func(tag string, c *wireEnd) {
			_, _ = io.WriteString(c, strings.ReplaceAll(text, "TAG", tag))
			_, _ = io.Copy(io.Discard, c)
		})
	}
	all["a literal of 8 EB"] = fetch("* 1 FETCH (UID 1 BODY[] {9223372036854775807}\r\nx")
	all["a literal larger than any number"] = fetch("* 1 FETCH (UID 1 BODY[] {99999999999999999999999}\r\nx")
	all["a literal of -1"] = fetch("* 1 FETCH (UID 1 BODY[] {-1}\r\nx")
	all["a literal of 60 MB that does not come"] = fetch("* 1 FETCH (UID 1 BODY[] {62914560}\r\nx")
	if !raced { // a connection that ends within a literal: the client library's reader then races with its discarding
		all["half a mail"] = fetch("* 1 FETCH (UID 1 BODY[] {1000}\r\nFrom: x")
	}
	all["a mail of 1 TB"] = always("BODY", func(_ string, c *wireEnd) {
		_, _ = io.WriteString(c, "* 1 FETCH (UID 1 BODY[] {1099511627776}\r\n")
		c.flood("Received: x\r\n")
	})
	all["a folder's name of 1 TB"] = always("LIST", func(_ string, c *wireEnd) {
		_, _ = io.WriteString(c, "* LIST () \"/\" {1099511627776}\r\n")
		c.flood("x")
	})
	all["a mail that was not asked for"] = instead("BODY", "* 9 FETCH (UID 99 BODY[] {5}\r\nother)\r\n")
	all["a mail of number 0"] = instead("BODY", "* 9 FETCH (UID 0 BODY[] {5}\r\nother)\r\n")
	all["a mail without a number"] = instead("BODY", "* 9 FETCH (BODY[] {5}\r\nother)\r\n")
	all["a mail with two bodies"] = instead("BODY", "* 9 FETCH (UID 98 BODY[] {5}\r\nother BODY[] {4}\r\nthat)\r\n")
	all["no body"] = instead("BODY", "* 9 FETCH (UID 98 BODY[] NIL)\r\n")
	all["mails that it lists and does not give"] = instead("BODY", "TAG OK done\r\n")
	all["more mails than there are numbers"] = instead("UID SEARCH", "* SEARCH 4294967295 1 0 2\r\n")
	all["mails by range"] = instead("UID SEARCH", "* ESEARCH (TAG \"TAG\") UID ALL 1:4294967295\r\n")
	all["sizes below nothing"] = instead("UID FETCH", "* 1 FETCH (UID 1 RFC822.SIZE -5)\r\n")
	all["sizes beyond everything"] = instead("UID FETCH", "* 1 FETCH (UID 1 RFC822.SIZE 9223372036854775807)\r\n")
	all["no numbering"] = instead("SELECT", "* OK [UIDVALIDITY 0] none\r\n")
	all["a time that is none"] = instead("UID FETCH", "* 1 FETCH (UID 1 INTERNALDATE \"99-Foo-0000 99:99:99 +9999\")\r\n")
	return all
}

// TestHostileServers also tells what most a case allocates.
func TestHostileServers(t *testing.T) {
	t.Parallel()
	for name, do := range hostilities() {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			s, k := startScripted(t), newKeeper()
			p := &peer{user: "fax", password: "x", address: s.address}
			c, l := collector(p, k)
			c.Timeout, c.Account.TLS = 200*time.Millisecond, nil
			s.script(do)
			began := time.Now()
			err := c.Collect(t.Context())
			if took := time.Since(began); took > patience {
				t.Errorf("it took %v", took)
			}
			if err != nil && strings.Contains(err.Error(), "panic") {
				t.Errorf("it ends in a panic: %v", err)
			}
			s.mu.Lock()
			s.at = nil
			moved, kept := s.moved, len(k.mails)
			s.mu.Unlock()
			if moved > kept {
				t.Errorf("%d mails were moved and %d kept", moved, kept)
			}
			check(t, c.Collect(t.Context()))
			for n := range 3 {
				if !slices.Contains(k.texts(), string(mail(n+1))) {
					t.Errorf("mail %d is not kept (%d are): first %v, log\n%s", n+1, len(k.mails), err, &l.b)
				}
			}
			if s.moved != 3 {
				t.Errorf("%d mails were moved", s.moved)
			}
		})
	}
}

// TestHostileServersTakeLittleMemory, one after the other, at what they send without end.
func TestHostileServersTakeLittleMemory(t *testing.T) { //nolint:paralleltest // it measures the whole process
	if raced {
		t.Skip("the race detector allocates")
	}
	all := hostilities()
	for name, do := range all {
		if !strings.Contains(name, "without end") && !strings.Contains(name, "TB") && !strings.Contains(name, "nests") {
			continue
		}
		s, k := startScripted(t), newKeeper()
		c, _ := collector(&peer{user: "fax", password: "x", address: s.address}, k)
		c.Timeout, c.Account.TLS = 200*time.Millisecond, nil
		s.script(do)
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := c.Collect(t.Context())
		runtime.ReadMemStats(&after)
		const most = 128 << 20 // in all, not at once: a few megabytes of short lines are many answers
		if used := after.TotalAlloc - before.TotalAlloc; used > most {
			t.Errorf("%s: %d MB were allocated (%v)", name, used>>20, err)
		}
		if err == nil {
			t.Errorf("%s: it is no error", name)
		}
	}
}

// TestSizesThatServersListWrongly: what came is what counts.
func TestSizesThatServersListWrongly(t *testing.T) {
	t.Parallel()
	s, k := startScripted(t), newKeeper()
	long := append(mail(1), bytes.Repeat([]byte("long\r\n"), 2<<20/6)...)
	s.mails[1] = long
	c, _ := collector(&peer{user: "fax", password: "x", address: s.address}, k)
	c.Account.TLS = nil
	s.script(func(word, tag string, w *wireEnd) bool {
		if word == "UID FETCH" {
			for u := range 3 {
				w.say("* %d FETCH (UID %d RFC822.SIZE 1)", u+1, u+1)
			}
			w.say("%s OK done", tag)
			line, err := w.r.ReadString('\n') // the FETCH that follows
			if err != nil {
				return true
			}
			tag, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
			s.answer("BODY", tag, rest, w)
		}
		return false
	})
	err := c.Collect(t.Context())
	if err != nil && !errors.Is(err, mailbox.ErrSilent) {
		t.Log(err)
	}
	s.mu.Lock()
	s.at = nil
	s.mu.Unlock()
	check(t, c.Collect(t.Context()))
	if !slices.Contains(k.texts(), string(long)) {
		t.Error("the long mail is not kept whole")
	}
}

// FuzzServer answers with any bytes: no panic, and an end.
func FuzzServer(f *testing.F) {
	f.Add([]byte("* OK ready\r\nT1 OK in\r\n"))
	f.Add([]byte("* PREAUTH [CAPABILITY IMAP4rev1 MOVE] hi\r\n* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nT1 OK [READ-WRITE] x\r\n* SEARCH 1 2\r\nT2 OK x\r\n" +
		"* 1 FETCH (UID 1 RFC822.SIZE 3)\r\nT3 OK x\r\n* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\nT4 OK x\r\n"))
	f.Add([]byte("* PREAUTH hi\r\nT1 OK [CAPABILITY IMAP4rev1 CONDSTORE ESEARCH] x\r\n* OK [UIDVALIDITY 7] x\r\n* OK [HIGHESTMODSEQ 9] x\r\nT2 OK x\r\n* ESEARCH (TAG \"T3\") UID ALL 1:3\r\nT3 OK x\r\n"))
	// The client library alone never comes back from these.
	f.Add([]byte("* PREaUTH [CAPABILITY(1"))
	f.Add([]byte("* PREAUTH [CAPABILITY (MABrev1 V] \n* EXIOK7  "))
	f.Fuzz(func(t *testing.T, answers []byte) {
		k := newKeeper()
		c, _ := collector(&peer{user: "fax", password: "x", address: "pipe:1"}, k)
		c.Timeout, c.Account.TLS, c.MaxBytes = 10*time.Second, nil, 1<<20
		c.Dial = func(context.Context, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, theirs) }()
			go func() {
				_, _ = theirs.Write(answers)
				_ = theirs.Close()
			}()
			return ours, nil
		}
		_ = c.Collect(t.Context())
	})
}
