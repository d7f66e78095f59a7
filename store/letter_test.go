package store_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

// letter stores a mail and gives its answer.
func letter(t *testing.T, s *store.Store, name, to string) store.LetterAnswer {
	t.Helper()
	id, _, err := s.AddDocument(t.Context(), store.NewDocument{Source: "mail", ExternalID: name, ReceivedAt: s.Now(), MediaType: "message/rfc822", Bytes: []byte(name)})
	if err != nil {
		t.Fatal(err)
	}
	body := []byte("本文")
	key, err := s.Blobs().Put(body)
	if err != nil {
		t.Fatal(err)
	}
	return store.LetterAnswer{
		Document: id, Verdict: rules.LetterVerdict{Answer: true, To: to, Person: strings.Replace(to, "+x", "", 1), Why: "a person's mail"},
		Subject: "Re: 注文", Key: key, SizeBytes: len(body), Thread: []string{"0@a.jp", name + "@a.jp"},
	}
}

func answer(t *testing.T, s *store.Store, a store.LetterAnswer) (sent bool) {
	t.Helper()
	if err := s.InTx(t.Context(), func(tx *store.Tx) (err error) {
		sent, err = tx.AnswerLetter(t.Context(), a, s.Now())
		return err
	}); err != nil {
		t.Error(err)
	}
	return sent
}

func why(t *testing.T, s *store.Store, document int64) string {
	t.Helper()
	events, err := s.DocumentEvents(t.Context(), document)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range slices.Backward(events) {
		if e.Rule == "FAX-1" {
			return e.Text
		}
	}
	return ""
}

func TestAPersonIsAnsweredOnceADay(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	// Many mails of one person, with and without a +tag, worked at the same moment.
	var wg sync.WaitGroup
	var mu sync.Mutex
	sent := 0
	var all []store.LetterAnswer
	for i := range 12 {
		to := "sato@customer.example.jp"
		if i%2 == 1 {
			to = "sato+x@customer.example.jp"
		}
		all = append(all, letter(t, s, fmt.Sprintf("m%d", i), to))
	}
	for _, a := range all {
		wg.Go(func() {
			if answer(t, s, a) {
				mu.Lock()
				sent++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	deliveries, err := s.Deliveries(t.Context())
	if err != nil || sent != 1 || len(deliveries) != 1 || deliveries[0].Channel != "mail" {
		t.Fatalf("%d sent: %+v, %v", sent, deliveries, err)
	}
	answered := 0
	for _, a := range all {
		switch text := why(t, s, a.Document); {
		case strings.HasPrefix(text, "answered by mail to sato"):
			answered++
			clock.Set(clock.Now().Add(24 * time.Hour))
			if answer(t, s, a) {
				t.Error("the same mail is answered on the next day, too")
			}
			clock.Set(clock.Now().Add(-24 * time.Hour))
		case !strings.Contains(text, "sato@customer.example.jp has had an answer"):
			t.Errorf("%q", text)
		}
	}
	if answered != 1 {
		t.Errorf("%d say that they were answered", answered)
	}
	if !answer(t, s, letter(t, s, "other", "suzuki@customer.example.jp")) {
		t.Error("another person is not answered")
	}
	clock.Set(clock.Now().Add(24 * time.Hour))
	last := letter(t, s, "tomorrow", "sato@customer.example.jp")
	if !answer(t, s, last) {
		t.Error("not answered on the next day: " + why(t, s, last.Document))
	}
	if answer(t, s, store.LetterAnswer{Document: all[0].Document, Verdict: rules.LetterVerdict{Why: "a machine wrote it", Field: "precedence", Value: "bulk"}}) ||
		why(t, s, all[0].Document) != "not answered by mail: a machine wrote it (precedence: bulk)" {
		t.Error(why(t, s, all[0].Document))
	}
	var issued int64
	if err := s.Pool().QueryRow(t.Context(), "SELECT issued_document_id FROM mail_answers WHERE document_id = $1", last.Document).Scan(&issued); err != nil {
		t.Fatal(err)
	}
	if thread, err := s.MailThread(t.Context(), issued); err != nil || !slices.Equal(thread, []string{"0@a.jp", "tomorrow@a.jp"}) {
		t.Errorf("%q, %v", thread, err)
	}
	if thread, err := s.MailThread(t.Context(), issued+1000); err != nil || thread != nil {
		t.Errorf("%q, %v", thread, err)
	}
	// The database itself refuses a second answer on a day.
	if _, err := s.Pool().Exec(t.Context(), `INSERT INTO mail_answers SELECT $1, person, on_day, issued_document_id + 1, thread, answered_at FROM mail_answers WHERE document_id = $2`,
		all[3].Document, last.Document); err == nil || !strings.Contains(err.Error(), "mail_answers") {
		t.Errorf("a second answer of a day: %v", err)
	}
}

func TestAnswersOfADayAreCapped(t *testing.T) {
	t.Parallel()
	settings := rules.Default()
	settings.MailAnswersPerDay, settings.MailAnswerPauseDays = 3, 7
	now := st.At(t, "2026-11-24 10:00:00")
	s, err := store.Open(t.Context(), store.Config{DSN: st.DSN(t), BlobDir: t.TempDir(), Now: func() time.Time { return now }, Settings: settings, MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	var wg sync.WaitGroup
	sent := make([]bool, 8)
	for i := range sent {
		a := letter(t, s, fmt.Sprintf("m%d", i), fmt.Sprintf("person%d@customer.example.jp", i))
		wg.Go(func() { sent[i] = answer(t, s, a) })
	}
	wg.Wait()
	n := 0
	for _, ok := range sent {
		if ok {
			n++
		}
	}
	if n != 3 {
		t.Errorf("%d answers", n)
	}
	first := slices.Index(sent, true)
	for _, days := range []int{1, 6, 7} {
		want := days == 7
		now = st.At(t, "2026-11-24 10:00:00").Add(time.Duration(days) * 24 * time.Hour)
		if got := answer(t, s, letter(t, s, fmt.Sprint("after", days), fmt.Sprintf("person%d@customer.example.jp", first))); got != want {
			t.Errorf("after %d days: %v", days, got)
		}
	}
}
