package mailbox

import (
	"bytes"
	"errors"
	"net"
	"strconv"
)

// guard reads what a server says before the client library does, and ends the connection at what
// the library would never come back from: a bracket among capabilities, which it takes for a
// space that it does not step over. It sees lines alone, not the mails between them.
type guard struct {
	net.Conn
	line    []byte // the end of the line so far
	named   bool   // capabilities follow
	literal int64  // bytes of a mail that are still to come
}

var (
	errNonsense  = errors.New("the server sends what is no IMAP")
	capabilities = []byte("CAPABILITY")
)

func (g *guard) Read(b []byte) (int, error) {
	n, err := g.Conn.Read(b)
	for i := 0; i < n; i++ {
		if g.literal > 0 {
			skip := min(g.literal, int64(n-i))
			g.literal -= skip
			i += int(skip) - 1
			continue
		}
		const most, keep = 256, 32
		if len(g.line) >= most {
			g.line = append(g.line[:0], g.line[most-keep:]...)
		}
		g.line = append(g.line, b[i])
		switch b[i] {
		case 'Y', 'y':
			g.named = g.named || len(g.line) >= len(capabilities) && bytes.EqualFold(g.line[len(g.line)-len(capabilities):], capabilities)
		case ']': // what follows is for people
			g.named = false
		case '(':
			if g.named {
				return 0, errNonsense
			}
		case '\n':
			g.literal = announced(g.line)
			g.line, g.named = g.line[:0], false
		}
	}
	return n, err
}

// announced is the size of the literal that a line ends in, 0 where it ends in none.
func announced(line []byte) int64 {
	line = bytes.TrimRight(line, "\r\n")
	open := bytes.LastIndexByte(line, '{')
	if open < 0 || !bytes.HasSuffix(line, []byte("}")) {
		return 0
	}
	n, err := strconv.ParseInt(string(bytes.TrimSuffix(line[open+1:len(line)-1], []byte("+"))), 10, 64)
	if err != nil {
		return 0
	}
	return max(n, 0)
}
