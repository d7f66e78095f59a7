package store_test

import (
	"reflect"
	"strings"
	"testing"

	"todoke/store"
	"todoke/store/storetest"
)

func TestMailboxCursor(t *testing.T) {
	t.Parallel()
	s, _ := storetest.New(t)
	const box = "imap://fax@imap.example.jp:993/INBOX"
	if c, err := s.MailboxCursor(t.Context(), box); err != nil || !reflect.DeepEqual(c, store.MailboxCursor{}) {
		t.Errorf("%+v, %v", c, err)
	}
	for _, want := range []store.MailboxCursor{
		{UIDValidity: 1, RenumberedTo: 3, Waiting: []uint32{}},
		{UIDValidity: 4294967295, UID: 4294967294, RenumberedTo: 3, ModSeq: 1 << 62, Waiting: []uint32{7, 4294967295}},
	} {
		if err := s.SetMailboxCursor(t.Context(), box, want); err != nil {
			t.Fatal(err)
		}
		if c, err := s.MailboxCursor(t.Context(), box); err != nil || !reflect.DeepEqual(c, want) {
			t.Errorf("%+v, want %+v, %v", c, want, err)
		}
	}
}

func TestStoredTransmissions(t *testing.T) {
	t.Parallel()
	s, clock := storetest.New(t)
	long := "imap://" + strings.Repeat("x", 2000)
	for _, d := range []store.NewDocument{
		{Source: "mail", ExternalID: "box;UIDVALIDITY=1/;UID=1", Bytes: []byte("one")},
		{Source: "mail", ExternalID: long, Bytes: []byte("a long name")},
		{Source: "folder", ExternalID: "box;UIDVALIDITY=1/;UID=2", Bytes: []byte("two")},
	} {
		d.ReceivedAt = clock.Now()
		if _, _, err := s.AddDocument(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Stored(t.Context(), "mail", []string{"box;UIDVALIDITY=1/;UID=1", "box;UIDVALIDITY=1/;UID=2", long})
	if want := map[string]int64{"box;UIDVALIDITY=1/;UID=1": 3, long: 11}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v, %v", got, want, err)
	}
	for _, tt := range []struct{ bytes, but, want string }{
		{"one", "box;UIDVALIDITY=2", "box;UIDVALIDITY=1/;UID=1"},
		{"one", "box;UIDVALIDITY=1", ""},
		{"two", "box;UIDVALIDITY=2", ""}, // of another source
	} {
		if got, err := s.TransmissionOf(t.Context(), "mail", []byte(tt.bytes), tt.but); err != nil || got != tt.want {
			t.Errorf("%q but %q: %q, %v", tt.bytes, tt.but, got, err)
		}
	}
}
