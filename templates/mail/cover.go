package mail

// Cover is the mail that carries an issued document as its attachment.
type Cover struct {
	Shop Shop
	Kind string // of the issued document: pick_list, acknowledgement …; one not known is 書類
	// Number is the document's own, as people read it; "" says none.
	Number string
	To     string // whom the mail greets, without 様 or 御中; "" greets nobody by name
}

// coverNames are the kinds of documents by the name that their recipients know.
var coverNames = map[string]string{
	"pick_list":       "ピッキングリスト",
	"acknowledgement": "ご注文受付のお知らせ",
	"stockout_notice": "欠品のお知らせ",
	"order_mail":      "ご注文確認",
	"resend_request":  "ご注文書再送のお願い",
}

// Name is what the document is called.
func (c Cover) Name() string {
	if n, ok := coverNames[c.Kind]; ok {
		return n
	}
	return "書類"
}

// Render writes the mail.
func (c Cover) Render() (Message, error) { return render("cover", c.Shop, c) }
