package desk_test

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"todoke/desk"
	"todoke/store"
	"todoke/store/storetest"
)

// gated draws when the gate is open, and tells who has arrived.
type gated struct {
	now, most, counted *atomic.Int32
	arrived            chan struct{}
	open               chan struct{}
}

func (s gated) Pages([]byte) int { s.counted.Add(1); return 1 }

func (s gated) Draw([]byte, int) ([]byte, error) {
	n := s.now.Add(1)
	for was := s.most.Load(); n > was && !s.most.CompareAndSwap(was, n); was = s.most.Load() {
	}
	s.arrived <- struct{}{}
	<-s.open
	s.now.Add(-1)
	return []byte("drawn"), nil
}

// TestAttachmentsKeepNobodyWaiting: a mail's page draws nothing that is attached, and however many
// pictures a browser asks for, few are drawn at once.
func TestAttachmentsKeepNobodyWaiting(t *testing.T) {
	t.Parallel()
	const files, atOnce = 8, 2
	pictures := gated{new(atomic.Int32), new(atomic.Int32), new(atomic.Int32), make(chan struct{}, files), make(chan struct{})}
	read := make(chan struct{}, 2*files) // by each request, right before it draws
	o := newOfficeOf(t, desk.Config{Picture: pictures, Mails: func(data []byte) (desk.Mail, error) {
		read <- struct{}{}
		m, err := readMail(data)
		m.Attached = nil
		for i := range files {
			m.Attached = append(m.Attached, desk.Attached{FileName: strconv.Itoa(i) + ".pdf", MediaType: "application/pdf", Bytes: []byte("%PDF-1.7\n")})
		}
		return m, err
	}})
	storetest.Shop(t, o.st)
	o.hire(t, "hanako", store.RoleDesk)
	b := o.browser(t)
	b.signIn("hanako", secret)
	path := "/desk/mails/" + o.plainMail(t, "sato@aoba.example.jp")
	if a := b.get(path); a.status != http.StatusOK || pictures.counted.Load() != 0 {
		t.Errorf("%d: %d files were drawn for the page", a.status, pictures.counted.Load())
	}
	var all sync.WaitGroup
	for i := range files {
		all.Go(func() {
			if a := b.get(path + "/files/" + strconv.Itoa(i+1) + "/picture"); a.status != http.StatusOK {
				t.Errorf("picture %d: %d", i+1, a.status)
			}
		})
	}
	for range 1 + files { // the page, and every picture
		<-read
	}
	for range atOnce {
		<-pictures.arrived
	}
	for range files {
		pictures.open <- struct{}{}
	}
	all.Wait()
	if n := pictures.most.Load(); n != atOnce {
		t.Errorf("%d pages were drawn at once", n)
	}
}
