package worker_test

import (
	"testing"
	"time"

	"todoke/ingest/gateway"
	"todoke/order"
	"todoke/rules"
	"todoke/worker"
)

func TestReadMailNamesTheTransmission(t *testing.T) {
	t.Parallel()
	mail := func(from, at string) string {
		return "Received: from a by mail.example.jp; Tue, 24 Nov 2026 17:00:40 +0900\r\nFrom: " + from + "\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
			"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n発信元: 03-0123-4567\r\n受信日時: " + at + "\r\nジョブ番号: 7\r\n" +
			"--b\r\nContent-Type: image/tiff; name=a.tif\r\nContent-Transfer-Encoding: base64\r\n\r\nSUkqAA==\r\n--b--\r\n"
	}
	book, err := gateway.Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	readMail := worker.ReadMail(func() *gateway.Book { return book })
	first, err := readMail([]byte(mail("fax@one.example", "2026/11/24 16:59:30")))
	if err != nil {
		t.Fatal(err)
	}
	if first.Facts.Caller.Digits != "0301234567" || !first.Facts.At.Equal(time.Date(2026, 11, 24, 16, 59, 30, 0, order.JST)) ||
		!first.HeaderAt.Equal(time.Date(2026, 11, 24, 17, 0, 40, 0, order.JST)) ||
		len(first.Attachments) != 1 || first.Attachments[0].FileName != "a.tif" || string(first.Attachments[0].Bytes) != "II*\x00" {
		t.Errorf("%+v", first)
	}
	jobs := map[string]bool{first.Job: true}
	for _, m := range []string{mail("fax@two.example", "2026/11/24 16:59:30"), mail("fax@one.example", "2027/11/24 16:59:30")} {
		other, err := readMail([]byte(m))
		if err != nil || jobs[other.Job] {
			t.Errorf("%q again, %v", other.Job, err)
		}
		jobs[other.Job] = true
	}
}

// TestWHS2ResultsAreReadAsWritten: a mail server's results are read as they stand in the mail, from the
// top; an envelope sender that is an encoded word makes no result of its own.
func TestWHS2ResultsAreReadAsWritten(t *testing.T) {
	t.Parallel()
	book, err := gateway.Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	readMail := worker.ReadMail(func() *gateway.Book { return book })
	for results, want := range map[string]bool{
		"Authentication-Results: mx.shop.example;\r\n\tspf=none smtp.mailfrom=x@evil.example;\r\n dkim=pass\r\n  header.d=partner.example\r\n":                                                true,
		"Authentication-Results: mx.shop.example; spf=none smtp.mailfrom==?utf-8?q?x=3B_dmarc=3Dpass_header.from=3Dpartner.example?=@evil.example\r\n":                                        false,
		"AUTHENTICATION-RESULTS: mx.shop.example; dkim=none\r\nAuthentication-Results: mx.shop.example; dkim=pass header.d=partner.example\r\n":                                               false,
		"Subject: x\r\n\r\nAuthentication-Results: mx.shop.example; dkim=pass header.d=partner.example\r\n":                                                                                   false,
		"X-A: 1\r\nARC-Authentication-Results: i=1; mx.shop.example; dkim=pass header.d=partner.example\r\nX-Authentication-Results: mx.shop.example; dkim=pass header.d=partner.example\r\n": false,
	} {
		m, err := readMail([]byte("From: wms@partner.example\r\n" + results + "To: order@shop.example\r\n\r\nx\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		if why := rules.SenderProof(m.Letter, "mx.shop.example"); (why == "") != want {
			t.Errorf("%q: %q", results, why)
		}
	}
}
