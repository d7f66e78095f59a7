package page

// archiveSayings are of the archive and what a check of it finds (KEP-1).
var archiveSayings = []saying{
	{`the archive holds no such document`, "その文書は保存されていません"},
	{`as received`, "受信のとおり"},
	{`order %s`, "注文$1"},
	{`the page is no order any more`, "この頁の注文はなくなりました"},
	{`entry %d: %s; %s`, "台帳$1番：$2。$3"},
	{`%s; %s`, "$1。$2"},
	{`document %d: %s`, "受信文書$1：$2"},
	{`issued document %d: %s`, "発行文書$1：$2"},
	{`fact %d: %s`, "検索項目$1：$2"},
	{`erasure %d: %s`, "消去の記録$1：$2"},
	{`entries %d to %d are missing`, "台帳の$1番から$2番までがありません"},
	{`it does not follow the entry before: one of the two was changed or put in`, "前の記録とつながりません。どちらかが改変または挿入されています"},
	{`its own hash is wrong: the entry was changed`, "記録そのもののハッシュが一致しません。記録が改変されています"},
	{`it was deleted from the database`, "データベースから削除されています"},
	{`what the database says of it was changed after it was sealed`, "台帳に記録した後で、データベースの内容が変更されています"},
	{`its body in the database is not what came in`, "データベース内の本体が受信時のものと異なります"},
	{`it names other bytes than it was issued with`, "発行時と異なるデータを指しています"},
	{`its file %v is missing`, "ファイル $1 がありません"},
	{`its file %v holds other bytes than it was stored with`, "ファイル $1 の内容が保存時と異なります"},
	{`its file %v cannot be read: %v`, "ファイル $1 を読めません（$2）"},
	{`somebody changed the database by its superuser: find out who, and compare with a backup of before`, "データベースの管理者権限で変更されています。誰が行ったかを確かめ、以前のバックアップと照合してください"},
	{`bring the file back from a backup (docs/archive.md) and verify again`, "バックアップからファイルを復元し（docs/archive.md）、もう一度照合してください"},
	{`let the workers run (todoke work) and verify again: if it stays, the row was brought in past todoke`, "処理を動かしてからもう一度照合してください。残る場合は、正規の手順以外で登録された行です"},
	{`it is not sealed in the chain since %s`, "$1 から台帳に記録されていません"},
	{`the file of the archive's heads cannot be read`, "保存文書の外部の控えを読めません"},
	{`no search finds it, since %s`, "$1 から検索できない状態です"},
}

// gatewaySayings are of fax gateways' profiles that are written at the desk.
var gatewaySayings = []saying{
	{`there is no such profile`, "その設定はありません"},
	{`somebody changed this meanwhile: open it again`, "表示中に他の人が変更しました。最新の内容を開き直してください"},
	{`say why this is changed`, "変更の理由を入力してください"},
	{`name: %q is no name: use up to 40 small letters, digits and hyphens`, "name：$1は使えません。半角の小文字・数字・ハイフンで40字までにしてください"},
	{`name: it is kept as %v and calls itself %v`, "name：この設定の名前は $1 です（内容では $2）"},
	{`zone: %q is no time zone: use one such as Asia/Tokyo or UTC`, "zone：$1という時間帯はありません。Asia/Tokyo や UTC のように書いてください"},
	{`needs: %q is none of %s that the profile finds`, "needs：$1は、この設定で見つける項目（$2）にありません"},
	{`match: without match, any or needs every mail would be of this gateway`, "match：match・any・needs のどれかがないと、すべてのメールに合ってしまいます"},
	{`match: without match or any every mail that speaks of a failure would be this gateway's notice`, "match：match か any がないと、失敗を伝えるすべてのメールに合ってしまいます"},
	{`%s: more than %d patterns`, "$1：$2個を超えています"},
	{`%s[%d]: in: %q names no header field`, "$1の$2番目：in：$3はヘッダー名ではありません"},
	{`%s[%d]: in: %q is none of from, subject, body, attachment, header:NAME`, "$1の$2番目：in：$3は使えません。from・subject・body・attachment・header:名前 のどれかにしてください"},
	{`%s[%d]: find: an expression has 1 to %d bytes`, "$1の$2番目：find：式は1～$3バイトで書いてください"},
	{`%s[%d]: find: %v is none of {{%v}}`, "$1の$2番目：find：$3は使えません（使えるもの：$4）"},
	{`%s[%d]: find: %q is no expression: %v`, "$1の$2番目：find：$3は正規表現として読めません（$4）"},
	{`%s[%d]: find: group %q is none of %s`, "$1の$2番目：find：グループ$3は使えません（使えるもの：$4）"},
	{`%s[%d]: find: a time needs {{when}}, {{date}} or the groups year, month, day, hour and minute: %s is missing`, "$1の$2番目：find：時刻には {{when}}、{{date}} か、year・month・day・hour・minute のグループが必要です（$3がありません）"},
	{`[%d:%d] %v`, "$1行目$2文字目：書式が正しくありません（$3）"},
	{`it is larger than %d bytes: it is no profile`, "大きすぎます（$1バイトまで）"},
}

// tableSayings are of tables of rules that are edited at the desk.
var tableSayings = []saying{
	{`the first line must be %s`, "1行目は $1 としてください"},
	{`a line has %d cells`, "1行は$1項目です"},
	{`write each day once, as 2026-11-24`, "日付は 2026-11-24 の形で、同じ日は1行にまとめてください"},
	{`%q is no whole number`, "「$1」は整数ではありません"},
	{`an order at the cut-off %s, which the customer may cancel for %d minutes, misses the day's last wave, the dispatch deadline %s of warehouse %s: choose %s or earlier, or a later dispatch deadline`, "締切$1の注文（お客様が$2分間取り消せます）は、倉庫$4の出荷締切$3に間に合いません。締切を$5以前にするか、出荷締切を遅らせてください"},
	{`an order at the cut-off %s misses the day's last wave, the dispatch deadline %s of warehouse %s: choose %s or earlier, or a later dispatch deadline`, "締切$1の注文は、倉庫$3の出荷締切$2に間に合いません。締切を$4以前にするか、出荷締切を遅らせてください"},
	{`an order at the cut-off %s, which the customer may cancel for %d minutes, misses the day's last wave, the dispatch deadline %s: choose %s or earlier, or a later dispatch deadline`, "締切$1の注文（お客様が$2分間取り消せます）は、出荷締切$3に間に合いません。締切を$4以前にするか、出荷締切を遅らせてください"},
	{`an order at the cut-off %s misses the day's last wave, the dispatch deadline %s: choose %s or earlier, or a later dispatch deadline`, "締切$1の注文は、出荷締切$2に間に合いません。締切を$3以前にするか、出荷締切を遅らせてください"},
	{`%q is no time of day: write it as 17:00`, "「$1」は時刻ではありません。17:00のように入力してください"},
	{`no region has this address`, "この住所に合う地域がありません"},
	{`what was promised stays: a change begins today or later`, "過去の日からは変更できません。本日以降の日付にしてください"},
}
