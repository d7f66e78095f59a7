package chaos_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"time"
)

// victims are what is killed, with how many of a hundred kills befall each.
var victims = []struct {
	whom  string
	share int
	// moments at which it hurts most
	moments []string
}{
	{"todoke", 40, []string{"taken", "data", "answer", "answered", "answered"}},
	{"Dovecot", 25, []string{"taken"}},
	{"the SMTP server", 20, []string{"data", "answer", "answered"}},
	{"PostgreSQL", 15, []string{"taken", "data", "answered"}},
}

// killAll kills at random points of the run, most of them where it hurts. It ends when all mails
// are brought and all kills are done.
func (r *run) killAll(brought <-chan error) error {
	rnd := rand.New(rand.NewPCG(r.seed, 1<<41))
	points := make([]int, r.kills)
	for i := range points {
		points[i] = 1 + rnd.IntN(max(1, r.n*95/100))
	}
	slices.Sort(points)
	for i, point := range points {
		for r.brought.Load() < int64(point) {
			select {
			case err := <-brought:
				if err != nil {
					return err
				}
				brought = nil // all are there
			case <-time.After(5 * time.Millisecond):
			}
		}
		v := victims[i%len(victims)] // each at least once in a small run
		if i >= len(victims) {
			n := rnd.IntN(100)
			for _, v = range victims {
				if n -= v.share; n < 0 {
					break
				}
			}
		}
		d := death{whom: v.whom}
		if m := v.moments[rnd.IntN(len(v.moments))]; rnd.IntN(4) > 0 && r.moments.await(m, 3*time.Second) {
			d.when = m
		}
		<-time.After(time.Duration(rnd.IntN(15_000)) * time.Microsecond)
		if err := r.kill(&d, rnd); err != nil {
			return err
		}
	}
	if brought == nil {
		return nil
	}
	return <-brought
}

// kill kills one and has it back, mostly: sometimes the next is killed while this one starts.
func (r *run) kill(d *death, rnd *rand.Rand) error {
	wait := rnd.IntN(8) > 0
	d.at = time.Now()
	switch d.whom {
	case "todoke", "the SMTP server":
		p := r.shop
		if d.whom != "todoke" {
			p = r.smtp
		}
		p.kill()
		r.died(d)
		if wait && !r.backAgain(p) {
			return fmt.Errorf("%s does not come back:\n%s", p.name, p.lastWords(40))
		}
	case "Dovecot":
		r.dovecot.Kill()
		r.died(d)
		<-time.After(time.Duration(rnd.IntN(1500)) * time.Millisecond)
		r.dovecot.Start(r.t)
	case "PostgreSQL":
		pid := postmaster(r.data)
		if pid == 0 {
			return nil // it is starting: killed another time
		}
		_ = syscall.Kill(pid, syscall.SIGKILL)
		r.died(d)
		for end := time.Now().Add(patience); wait; {
			if now := postmaster(r.data); now != 0 && now != pid && r.db.works() {
				break
			}
			if time.Now().After(end) {
				return fmt.Errorf("PostgreSQL does not come back:\n%s", r.shop.lastWords(40))
			}
			<-time.After(10 * time.Millisecond)
		}
	}
	return nil
}

func (r *run) died(d *death) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deaths = append(r.deaths, *d)
}

// backAgain waits until a killed process was started again and works.
func (r *run) backAgain(p *process) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if p.isUp() {
			return true
		}
		<-time.After(5 * time.Millisecond)
	}
	return false
}
