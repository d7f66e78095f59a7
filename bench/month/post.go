package month

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"strings"
	"sync"

	"todoke/delivery"
)

// Post is the way by which the month's faxes and mails leave: it fails now and then, as lines and
// servers do, and writes down what arrived. The file is added to line by line, so that what had
// arrived before the process was killed stands there too.
type Post struct {
	name string
	mu   sync.Mutex
	f    *os.File
	seen map[string]int // attempts, by message
}

// NewPost is the way of a channel that writes down what arrives.
func NewPost(name, path string) (*Post, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open what arrived: %w", err)
	}
	return &Post{name: name, f: f, seen: map[string]int{}}, nil
}

// Name implements delivery.Way.
func (p *Post) Name() string { return p.name }

// Compose implements delivery.Way: the file as it is, a mail by its text.
func (p *Post) Compose(c delivery.Parcel) ([]byte, error) {
	if len(c.Data) > 0 {
		return c.Data, nil
	}
	return []byte(c.Text), nil
}

// Send implements delivery.Way.
func (p *Post) Send(_ context.Context, c delivery.Parcel, _ []byte) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen[c.MessageID]++
	h := fnv.New32a()
	_, _ = h.Write([]byte(c.MessageID))
	if p.seen[c.MessageID] == 1 {
		switch h.Sum32() % 100 {
		case 0, 1, 2:
			return "", delivery.Fail(delivery.Temporary, "the line is engaged")
		case 3: // it arrived, and nobody said so
			if err := p.arrived(c); err != nil {
				return "", err
			}
			return "", delivery.Fail(delivery.Uncertain, "the server fell silent")
		}
	}
	return "taken " + c.MessageID, p.arrived(c)
}

func (p *Post) arrived(c delivery.Parcel) error {
	if _, err := fmt.Fprintf(p.f, "%s %s\n", c.MessageID, c.Recipient); err != nil {
		return delivery.Fail(delivery.Temporary, "write down what arrived: %v", err)
	}
	return nil
}

// Arrived counts what arrived, by message.
func Arrived(path string) (map[string]int, error) {
	out := map[string]int{}
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what arrived: %w", err)
	}
	for l := range strings.Lines(string(b)) {
		id, _, _ := strings.Cut(l, " ")
		out[id]++
	}
	return out, nil
}
