package desk

import (
	"sync"
	"time"
)

// buckets limit how much each of many does: so much at once, and so much a second from then on.
type buckets struct {
	mu    sync.Mutex
	each  time.Duration // what one request takes; 0 knows no limit
	burst time.Duration
	full  map[string]time.Time // when the bucket will be as it was at first
}

// manyBuckets is how many are kept before those that nobody uses are dropped.
const manyBuckets = 10_000

func newBuckets(burst, perSecond int) *buckets {
	b := &buckets{full: map[string]time.Time{}}
	if perSecond > 0 {
		b.each = time.Second / time.Duration(perSecond)
		b.burst = b.each * time.Duration(burst)
	}
	return b
}

// Take takes one request of whom, and tells how long to wait where there is none left.
func (b *buckets) Take(whom string, now time.Time) (wait time.Duration) {
	if b.each == 0 {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	full := b.full[whom]
	if full.Before(now) || full.Sub(now) > b.burst+b.each { // later than any can be: the clock was set back
		full = now
	}
	if over := full.Add(b.each).Sub(now) - b.burst; over > 0 {
		return over
	}
	if len(b.full) >= manyBuckets {
		for k, at := range b.full {
			if at.Before(now) {
				delete(b.full, k)
			}
		}
	}
	b.full[whom] = full.Add(b.each)
	return 0
}
