package chaos_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"todoke/order"
)

// call is one fax that a gateway received.
type call struct {
	caller string // digits
	at     time.Time
	pages  int
	job    int
	note   string // why the gateway did not get all of it; "" where it did
}

// gateway writes what one kind of fax gateway does: the mail's head and note, and what it calls
// the n-th of its attachments.
type gateway struct {
	name string
	pdf  bool // sends PDF
	one  bool // sends one file
	note func(c call) mail
	file func(c call, n int, ext string) string
}

const clock = "2006/01/02 15:04:05"

func gateways() []gateway {
	named := func(format string) func(c call, n int, ext string) string {
		return func(c call, n int, ext string) string { return fmt.Sprintf(format, c.job, n, ext) }
	}
	ja := func(c call) string { return c.at.In(order.JST).Format(clock) }
	return []gateway{
		{name: "note-ja", file: named("%d_%d.%s"), note: func(c call) mail {
			text := fmt.Sprintf("FAXを受信しました。\n\n発信元: %s\n受信日時: %s\nページ数: %d\nジョブ番号: %d\n", c.caller, ja(c), c.pages, c.job)
			return mail{from: "FAX受信サービス <noreply@faxbin.example>", subject: fmt.Sprintf("FAX受信 %s (%dページ)", c.caller, c.pages), text: text}
		}},
		{name: "faximo", one: true, file: named("%d_%d.%s"), note: func(c call) mail {
			text := fmt.Sprintf("FAXを受信いたしました。\n\n■送信元FAX番号：%s\n■受信FAX番号：050-3333-0001\n■受信日時：%s\n■受信枚数：%d枚\n■受付番号：A-%d\n",
				order.FormatPhone(c.caller), c.at.In(order.JST).Format("2006年01月02日 15時04分05秒"), c.pages, c.job)
			if c.note != "" {
				text += "■受信結果：途中で切断されました\n"
			}
			return mail{from: "faximo <info@faximo.example.jp>", subject: "FAX受信のお知らせ", text: text, charset: "iso-2022-jp"}
		}},
		{name: "message-plus", one: true, file: func(c call, _ int, ext string) string {
			return c.at.In(order.JST).Format("20060102150405") + "_" + c.caller + "." + ext
		}, note: func(c call) mail {
			return mail{
				from: "noreply@mplus.example.jp", subject: "[メッセージプラス] FAXを受信しました", charset: "iso-2022-jp",
				text: fmt.Sprintf("FAXを受信しました。添付のファイルをご確認ください。\n\n受付番号: %d\nページ数: %d\n", c.job, c.pages),
			}
		}},
		{name: "hylafax", one: true, file: func(c call, _ int, ext string) string { return fmt.Sprintf("fax%09d.%s", c.job, ext) }, note: func(c call) mail {
			text := fmt.Sprintf("recvq/fax%09d.tif (ftp://fax.example.jp:21/recvq/fax%09d.tif):\n          Sender: %s\n           Pages: %d\n"+
				"         Quality: Fine\n        Received: %s\n         CallID1: %s\n         CallID2: <NONE>\n      ReceivedOn: ttyS0\n",
				c.job, c.job, c.caller, c.pages, c.at.In(order.JST).Format("2006:01:02 15:04:05"), c.caller)
			if c.note != "" {
				text += "\nThe full document was not received because:\n\n    " + c.note + "\n"
			}
			return mail{from: "The HylaFAX Receive Agent <fax@fax.example.jp>", subject: "Facsimile received from " + c.caller, text: text, charset: "us-ascii"}
		}},
		{name: "efax", pdf: true, one: true, file: named("FAX_%d_%d.%s"), note: func(c call) mail {
			text := fmt.Sprintf("You have received a %d page fax at %s GMT.\n\n* The reference number for this fax is tok1_did12-%d-%s-12.\n",
				c.pages, c.at.UTC().Format(time.DateTime), c.job, "81"+strings.TrimPrefix(c.caller, "0"))
			return mail{
				from: "eFax <message@inbound.efax.example.jp>", charset: "us-ascii", text: text,
				subject: fmt.Sprintf("eFax message from %q - %d page(s), Caller-ID: 81-%s", "OFFICE", c.pages, strings.TrimPrefix(c.caller, "0")),
			}
		}},
		{name: "freepbx", pdf: true, one: true, file: func(c call, _ int, ext string) string { return fmt.Sprintf("fax-1795507170.%d.%s", c.job, ext) }, note: func(c call) mail {
			text := fmt.Sprintf("Enclosed, please find a new fax from: %s\nReceived & processed: %s\nPages: %d\n", c.caller, c.at.In(order.JST).Format(time.RFC1123Z), c.pages)
			return mail{from: "fax@pbx.example.jp", subject: "New fax from: " + c.caller, text: text}
		}},
		{name: "header", file: named("%d-%d.%s"), note: func(c call) mail {
			return mail{from: "faxserver@fs.example.jp", subject: "Incoming fax", text: "see attachment\n", header: []string{
				"X-Fax-CallerID: " + c.caller, "X-Fax-Received: " + ja(c), fmt.Sprintf("X-Fax-Pages: %d", c.pages), fmt.Sprintf("X-Fax-JobID: %d", c.job),
			}}
		}},
		{name: "note-en", file: named("%d.%d.%s"), note: func(c call) mail {
			return mail{from: "gw@faxgw.example", subject: "Fax received", text: fmt.Sprintf("Caller ID: %s\nReceived: %s\nPages: %d\nJob: %d\n", c.caller, c.at.In(order.JST).Format("2006-01-02 15:04:05"), c.pages, c.job)}
		}},
		{name: "subject", file: named("doc%d-%d.%s"), note: func(c call) mail {
			return mail{from: "fax@isp.example.jp", subject: fmt.Sprintf("FAX受信 %s %d枚 job %d", c.caller, c.pages, c.job), text: "\n"}
		}},
	}
}

// mailbox of a call: which gateway a mail comes from.
func anyGateway(r *rand.Rand, files int) gateway {
	all := gateways()
	for {
		if g := all[r.IntN(len(all))]; files == 1 || !g.one {
			return g
		}
	}
}
