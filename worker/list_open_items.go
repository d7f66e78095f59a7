package worker

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/riverqueue/river"

	"todoke/jobs"
	"todoke/order"
	"todoke/store"
	"todoke/templates/document"
)

// ListOpenItems works jobs.ListOpenItems: it writes down what is open, for the desk (PGE-5).
type ListOpenItems struct {
	river.WorkerDefaults[jobs.ListOpenItems]
	cfg Config
}

// openItemsFolder takes the list where the desk has no mail address.
const openItemsFolder = "desk"

// Work implements river.Worker. The list of a due time leaves once, as it was first made.
func (w *ListOpenItems) Work(ctx context.Context, job *river.Job[jobs.ListOpenItems]) error {
	s := w.cfg.Store
	calendar, _, _, err := s.Masters(ctx)
	if err != nil {
		return verdict(err)
	}
	now, day := s.Now(), order.DateOf(job.Args.DueAt)
	var list *document.OpenItems
	var key string
	var size int
	if calendar.Business(day) {
		if list, err = w.list(ctx); err != nil {
			return verdict(err)
		}
		text := list.Text()
		if key, err = s.Blobs().Put(text); err != nil {
			return verdict(err)
		}
		size = len(text)
	}
	return verdict(s.InTx(ctx, func(tx *store.Tx) error {
		if list != nil {
			to := store.Recipient{Channel: "folder", Address: openItemsFolder}
			if w.cfg.DeskMail != "" {
				to = store.Recipient{Channel: "mail", Address: w.cfg.DeskMail}
			}
			number := job.Args.DueAt.In(order.JST).Format("20060102-1504")
			id, _, err := tx.Issue(ctx, store.NewIssue{
				Kind: "open_items", Number: number, Format: "txt", FileName: "open-items-" + number + ".txt", Subject: list.Subject(),
				Key: key, SizeBytes: size, Party: to.Address, TransactedOn: day,
			}, now)
			if err != nil {
				return err
			}
			if err := tx.Send(ctx, id, to, now); err != nil {
				return err
			}
		}
		if err := tx.FinishRun(ctx, job.Args.Schedule, job.Args.DueAt, now); err != nil {
			return err
		}
		return store.Complete(ctx, tx, job)
	}))
}

// list gathers what is open, by what is to be done about it.
func (w *ListOpenItems) list(ctx context.Context) (*document.OpenItems, error) {
	s := w.cfg.Store
	entries, err := s.Ledger(ctx)
	if err != nil {
		return nil, err
	}
	l := &document.OpenItems{ShopName: w.cfg.ShopName, DeskName: w.cfg.DeskName, At: s.Now()}
	groups := map[string]int{}
	for _, g := range openGroups {
		l.Groups = append(l.Groups, document.OpenGroup{Title: g.title, Todo: g.todo})
		for _, name := range g.of {
			groups[name] = len(l.Groups) - 1
		}
	}
	var ids []int64
	for _, e := range entries {
		var id int64
		if _, err := fmt.Sscanf(e.Name, "%d", &id); err == nil && e.Kind == "page" {
			ids = append(ids, id)
		}
	}
	kinds, err := s.PageKinds(ctx, ids...)
	if err != nil {
		return nil, err
	}
	what := map[string]string{}
	for _, k := range kinds {
		name := store.Review{DocumentID: k.DocumentID, PageNo: k.PageNo}.Name()
		if what[name] == "" { // the latest comes first
			what[name] = japanese[k.Kind]
			if !k.Sure {
				what[name] += "？"
			}
		}
	}
	for _, e := range entries {
		if e.Kind == "run" && strings.HasSuffix(e.Detail, l.At.In(order.JST).Format("2006-01-02 15:04")) || e.Kind == "run" && e.Name == "open_items" {
			continue // this very list
		}
		i, ok := groups[e.Kind+" "+e.State]
		if !ok {
			if i, ok = groups[e.Kind]; !ok {
				i = len(l.Groups) - 1
			}
		}
		name := e.Name
		if e.Kind == "order" || e.Kind == "pick_list" {
			name = order.Number(name).Grouped()
		}
		item := document.OpenItem{Name: name, Since: e.Since, Reason: e.Detail}
		if e.Kind == "page" {
			item.What = what[e.Name]
		}
		l.Groups[i].Items = append(l.Groups[i].Items, item)
	}
	audits, err := s.OpenAudits(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, a := range audits {
		g := &l.Groups[groups["audit"]]
		g.Items = append(g.Items, document.OpenItem{Name: strconv.FormatInt(a.ID, 10), Since: a.DrawnAt})
	}
	return l, nil
}

// openGroups are the groups of the list in their order, each with the kinds of entries, or kinds
// and states, that it takes. The last takes whatever is in no other.
var openGroups = []struct {
	of          []string
	title, todo string
}{
	{[]string{"page review"}, "確認待ちのページ", "todoke review show 番号 で内容を確認し、注文（settle）、送付状・広告（junk --kind）、処理済み（done）のいずれかにしてください。"},
	{[]string{"document review"}, "確認待ちの書類・メール", "todoke review show 番号 で理由を確認し、処理してください。"},
	{[]string{"document received"}, "まだ読み取られていない書類", "読み取り処理（todoke up または todoke work）が動いているか確認してください。"},
	{[]string{"order held"}, "保留中の注文", "todoke order explain 番号 で保留の理由を確認し、お客様または担当者へ連絡してください。"},
	{[]string{"order"}, "出荷に至っていない注文", "在庫または納期をご確認ください。欠品の場合はお客様へのご案内が必要です。"},
	{[]string{"delivery failed"}, "送信できなかった書類", "自動では送り直しません。todoke delivery show 番号 で理由を確認し、resend（再送）するか、別の方法でご連絡のうえ give-up（打ち切り）にしてください。"},
	{[]string{"answer desk"}, "お客様へのご連絡が必要なもの", "FAX・メールでお知らせできません。電話などでご連絡のうえ、todoke answer done 番号 を実行してください。"},
	{[]string{"answer"}, "これからお客様へお知らせするもの", "期限を過ぎている場合は、処理（todoke up または todoke work）が動いているか確認してください。"},
	{[]string{"delivery"}, "まだ送信できていない書類", "送信先と回線（メール・FAX）を確認してください。自動的に再送されます。"},
	{[]string{"pick_list issued"}, "出荷実績の報告がないピッキングリスト", "倉庫に出荷の状況を確認し、出荷実績を受け取るか、倉庫の画面（/desk/warehouses）または todoke picklist shipped 番号 で登録してください。"},
	{[]string{"pick_list"}, "作成中のピッキングリスト", "処理（todoke up または todoke work）が動いているか確認してください。"},
	{[]string{"gateway"}, "FAX受信サービスの欠番", "受信サービスの管理画面で該当の受信が失われていないか確認し、todoke gateway で理由を記録してください。"},
	{[]string{"audit"}, "読み取り検査の入力待ち", "todoke audit show 番号 の画像だけを見て、todoke audit key 番号 値 で入力してください。"},
	{[]string{"threshold"}, "自動読み取りを止めている項目", "todoke audit report で誤りの内容を確認してください。"},
	{[]string{"run", "job"}, "止まっている処理", "原因を取り除いたうえで todoke ledger --retry を実行してください。"},
	{nil, "その他", "todoke ledger で内容を確認してください。"},
}

// japanese are the kinds of page in the desk's words.
var japanese = map[order.PageKind]string{
	order.PageOrderForm: "注文用紙", order.PageReturn: "返品依頼書", order.PagePoints: "ポイント確認依頼用紙", order.PagePrize: "賞品申込み用紙",
	order.PageRegistration: "登録内容変更用紙", order.PageCover: "送付状", order.PageBlank: "白紙", order.PageUnknown: "当店の用紙以外",
	order.PageAdvert: "広告", order.PageUnreadable: "判読不能",
}
