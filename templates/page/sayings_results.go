package page

// resultSayings are about what comes back from the warehouses.
var resultSayings = []saying{
	{`Shipped from %s on pick list %s: %d in %d line(s), the last of the order, tracking number %v.`, "倉庫$1からピッキングリスト$2で出荷しました（$4行・数量$3、送り状番号 $5）。この注文の出荷はこれで完了です。"},
	{`Shipped from %s on pick list %s: %d in %d line(s), tracking number %v.`, "倉庫$1からピッキングリスト$2で出荷しました（$4行・数量$3、送り状番号 $5）。"},
	{`Warehouse %s could not pick %d in %d line(s) of list %s.`, "倉庫$1で、ピッキングリスト$4の$3行・数量$2が現場で欠品でした。"},
	{`Warehouse %s tells more of shipment %d: tracking number %s, delivered %s.`, "倉庫$1から出荷$2の追加の連絡：送り状番号 $3、配達日 $4。"},
	{`%s is before it was shipped`, "$1は出荷日より前です"},
}
