package worker_test

import (
	"testing"
	"time"

	"todoke/ingest/gateway"
	"todoke/order"
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
