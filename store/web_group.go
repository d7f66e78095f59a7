package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	// webWriters is how many groups are written at once: while one waits for the disk, the other decides.
	webWriters = 2
	// webGroup bounds a group: large enough to share a commit well, small enough to hold its locks briefly.
	webGroup = 64
	// webWriteTime is after which a group is given up. It ends what hangs: the attempts are sent again.
	webWriteTime = 30 * time.Second
)

// webAttempt is a web order on its way through the group commit.
type webAttempt struct {
	WebOrder
	now time.Time
	sum []byte // SHA-256 of the body

	answer     WebAnswer
	err        error
	documentID int64
	acceptance *acceptance // nil where parsing found problems

	group []*webAttempt // which it is to write, once lead is closed
	lead  chan struct{}
	done  chan struct{}
}

// webGate is the group commit: attempts wait while webWriters groups are being written, and are
// then written together. The first of a group writes it, in its own goroutine.
type webGate struct {
	mu      sync.Mutex
	writing int
	waiting []*webAttempt
	// Whose attempts are being written. Orders of one department hang together (FEE-2, BUD-1), and attempts of one
	// key are one: they are written one after the other.
	departments map[string]bool
	keys        map[[2]string]bool
}

// place returns when the attempt is answered. A caller that goes away before its attempt's turn takes it back;
// later it is written all the same.
func (g *webGate) place(ctx context.Context, a *webAttempt, write func(context.Context, []*webAttempt)) (WebAnswer, error) {
	a.lead, a.done = make(chan struct{}), make(chan struct{})
	g.mu.Lock()
	g.waiting = append(g.waiting, a)
	g.start()
	g.mu.Unlock()
	select {
	case <-a.done:
		return a.answer, a.err
	case <-a.lead:
	case <-ctx.Done():
		if g.takeBack(a) {
			return WebAnswer{}, kinded(ctx.Err())
		}
		select {
		case <-a.done:
			return a.answer, a.err
		case <-a.lead:
		}
	}
	g.write(ctx, a.group, write)
	return a.answer, a.err
}

// errPanicked answers the attempts that were in a group with one that panicked.
var errPanicked = errors.New("the group that this order was written with was given up: send it again")

func (g *webGate) write(ctx context.Context, group []*webAttempt, write func(context.Context, []*webAttempt)) {
	for _, a := range group {
		a.err = errPanicked
	}
	members := slices.Clone(group) // write may sort it
	defer func() {
		g.mu.Lock()
		g.writing--
		for _, a := range members {
			delete(g.departments, a.Request.DepartmentCode)
			delete(g.keys, [2]string{a.ShopFront, a.Key})
		}
		g.start()
		g.mu.Unlock()
		for _, a := range members {
			close(a.done)
		}
	}()
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), webWriteTime) // others' orders do not end with this caller
	defer stop()
	write(ctx, group)
}

// start has groups written as far as writers are free. The lock is held.
func (g *webGate) start() {
	if g.departments == nil {
		g.departments, g.keys = map[string]bool{}, map[[2]string]bool{}
	}
	for g.writing < webWriters {
		var group []*webAttempt
		rest := g.waiting[:0]
		for _, a := range g.waiting {
			key := [2]string{a.ShopFront, a.Key}
			department := a.Request.DepartmentCode
			if len(group) == webGroup || g.keys[key] || g.departments[department] {
				rest = append(rest, a)
				continue
			}
			g.keys[key] = true
			if department != "" {
				g.departments[department] = true
			}
			group = append(group, a)
		}
		clear(g.waiting[len(rest):])
		g.waiting = rest
		if len(group) == 0 {
			return
		}
		g.writing++
		group[0].group = group
		close(group[0].lead)
	}
}

// takeBack tells whether the attempt still waited.
func (g *webGate) takeBack(a *webAttempt) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, a)
	if i < 0 {
		return false
	}
	g.waiting = slices.Delete(g.waiting, i, i+1)
	return true
}
