package desk_test

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"todoke/desk"
	"todoke/store"
	"todoke/store/storetest"
)

// slow draws as one does who is given a stranger's file.
type slow struct{ now, most, counted *atomic.Int32 }

func (s slow) Pages([]byte) int { s.counted.Add(1); return 1 }

func (s slow) Draw([]byte, int) ([]byte, error) {
	n := s.now.Add(1)
	for was := s.most.Load(); n > was && !s.most.CompareAndSwap(was, n); was = s.most.Load() {
	}
	time.Sleep(50 * time.Millisecond)
	s.now.Add(-1)
	return []byte("drawn"), nil
}

// TestAttachmentsKeepNobodyWaiting: a mail's page draws nothing that is attached, and however many
// pictures a browser asks for, few are drawn at once.
func TestAttachmentsKeepNobodyWaiting(t *testing.T) {
	t.Parallel()
	pictures := slow{new(atomic.Int32), new(atomic.Int32), new(atomic.Int32)}
	o := newOfficeOf(t, desk.Config{Picture: pictures, Mails: func(data []byte) (desk.Mail, error) {
		m, err := readMail(data)
		m.Attached = nil
		for i := range 8 {
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
	for i := range 8 {
		all.Go(func() {
			if a := b.get(path + "/files/" + strconv.Itoa(i+1) + "/picture"); a.status != http.StatusOK {
				t.Errorf("picture %d: %d", i+1, a.status)
			}
		})
	}
	all.Wait()
	if n := pictures.most.Load(); n > 2 {
		t.Errorf("%d pages were drawn at once", n)
	}
}
