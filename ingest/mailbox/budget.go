package mailbox

import (
	"context"
	"fmt"
	"sync"
)

// DefaultBudget is the bytes of mails that a collector holds at once where it has no Budget.
const DefaultBudget = 16 << 20

// Budget bounds the bytes of mails that are in memory at once, over all collectors that share
// it: those being fetched, waiting to be stored and being stored. One mail that is larger than
// the whole budget is held alone, so the bound is the larger of the budget and MaxBytes.
type Budget struct {
	mu    sync.Mutex
	total int64
	free  int64
	more  chan struct{} // closed, and made anew, when bytes come back
}

// NewBudget makes a budget of so many bytes.
func NewBudget(bytes int64) *Budget {
	return &Budget{total: bytes, free: bytes, more: make(chan struct{})}
}

// try takes n bytes where they are free at once.
func (b *Budget) try(n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n = min(n, b.total); n > b.free {
		return false
	}
	b.free -= n
	return true
}

// take waits until n bytes are free. Whoever waits must hold none but such as others give back.
func (b *Budget) take(ctx context.Context, n int64) error {
	for {
		b.mu.Lock()
		more := b.more
		b.mu.Unlock()
		if b.try(n) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for memory: %w", context.Cause(ctx))
		case <-more:
		}
	}
}

// give gives back what was taken.
func (b *Budget) give(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free += min(n, b.total)
	close(b.more)
	b.more = make(chan struct{})
}
