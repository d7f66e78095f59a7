package page

import "regexp"

// sayings are looked through from the top: the first that fits is said.
var sayings = []saying{
	{regexp.MustCompile(`^read as "": no customer code$`), "お客様番号が書かれていません"},
	{regexp.MustCompile(`^read as "(.*)": no such code in the master$`), "「$1」と読みましたが、登録がありません"},
	{regexp.MustCompile(`^read as "(.*)": the reader is not sure$`), "「$1」と読みましたが、確信がありません"},
	{regexp.MustCompile(`^read as "": (.*)$`), "読めませんでした（$1）"},
	{regexp.MustCompile(`^read as "(.*)": (.*)$`), "「$1」と読みましたが、確信がありません（$2）"},
	{regexp.MustCompile(`^the page is blank: it may have been sent with the wrong side up$`), "白紙です。裏返しに送信された可能性があります"},
	{regexp.MustCompile(`^the page has no marks of our forms$`), "当店の用紙ではありません"},
	{regexp.MustCompile(`^nothing is filled in$`), "何も記入されていません"},
	{regexp.MustCompile(`^the reader's decision is not_a_form$`), "当店の用紙として読めません"},
	{regexp.MustCompile(`^the reader's decision is unreadable$`), "読み取れませんでした"},
	{regexp.MustCompile(`^the mail carries no fax: orders come by fax or web$`), "FAXが添付されていないメールです"},
	{regexp.MustCompile(`^the fax says that it came in at (.*), which is later than (.*), when we had it: some clock is wrong, decide which holds$`), "FAXの受信時刻（$1）が当方の受領時刻（$2）より後です。どちらを採るか決めてください"},
}
