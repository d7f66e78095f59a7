package worker

import "sync"

// busy are the rows that jobs of one kind work on in this process. Two that run at the same time find
// the same rows waiting; what one has begun the other leaves to it, for it would make all of it again
// to find in the end that it was done. Other processes are kept apart when the row is saved.
type busy struct {
	mu  sync.Mutex
	ids map[int64]bool
}

// do does what is to be done of a row, unless somebody is at it.
func (b *busy) do(id int64, work func()) bool {
	b.mu.Lock()
	if b.ids[id] {
		b.mu.Unlock()
		return false
	}
	if b.ids == nil {
		b.ids = map[int64]bool{}
	}
	b.ids[id] = true
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		delete(b.ids, id)
		b.mu.Unlock()
	}()
	work()
	return true
}
