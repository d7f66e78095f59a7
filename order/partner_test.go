package order_test

import (
	"strings"
	"testing"

	"todoke/order"
)

func TestParseSFTPAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]order.SFTPAddress{
		"sftp://e1@sftp.partner.example/in":       {User: "e1", Address: "sftp.partner.example:22", Folder: "in"},
		"sftp://e1@sftp.partner.example:2222//in": {User: "e1", Address: "sftp.partner.example:2222", Folder: "/in"},
		"sftp://e1@[::1]:2222":                    {User: "e1", Address: "[::1]:2222"},
		"sftp://e1@host/a/%E5%87%BA%E8%8D%B7/":    {User: "e1", Address: "host:22", Folder: "a/出荷/"},
	} {
		if got, err := order.ParseSFTPAddress(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "sftp://host/in", "sftp://e1:secret@host/in", "ftp://e1@host/in", "sftp://e1@/in", "sftp://e1@host/in?x=1", "sftp://e1@host/a%00b"} {
		if got, err := order.ParseSFTPAddress(text); err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestCheckPartner(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "pick@partner.example.jp", "https://partner.example/lists?shop=1", "sftp://a@b/c"} {
		if err := order.CheckPartnerAddress(text); err != nil {
			t.Error(text, err)
		}
	}
	for _, text := range []string{"partner", "a@b@c", "https://", "https://u:p@host/", "ftp://host/"} {
		if order.CheckPartnerAddress(text) == nil {
			t.Error(text)
		}
	}
	pin := "SHA256:" + strings.Repeat("a", 43)
	for _, text := range []string{"", pin, "ssh-ed25519 " + pin + ", " + pin} {
		if err := order.CheckHostKeys(text); err != nil {
			t.Error(text, err)
		}
	}
	for _, text := range []string{"MD5:00", pin[:20], "ssh-dss " + pin} {
		if order.CheckHostKeys(text) == nil {
			t.Error(text)
		}
	}
}

func FuzzParseSFTPAddress(f *testing.F) {
	f.Add("sftp://e1@host:22/in")
	f.Add("sftp://e1:p@host//in")
	f.Fuzz(func(t *testing.T, text string) {
		if a, err := order.ParseSFTPAddress(text); err == nil && (a.User == "" || a.Address == "" || strings.ContainsAny(a.Folder, "\x00\r\n")) {
			t.Errorf("%q gives %+v", text, a)
		}
	})
}
