// Package mail takes a mail apart: headers, text and attachments.
//
// In: the bytes of one mail as it was received. Out: a Message with everything that could be
// saved from it, and Notes of what was wrong. Mails from gateways, scanners and people in Japan
// break RFC 5322, 2045, 2047 and 2231 in every way there is; none of that may lose an attachment.
// testdata/broken holds such mails, with what must come of each.
//
// The parser is its own, not a layer over another: a library that stops at a missing boundary, a
// line without colon or a dirty character of base64 has lost the attachment before a layer sees it,
// and hands charsets on decoded, when the bytes are needed to join and guess (go-message 0.18.2
// reads 23 of the 73 mails as wanted).
//
// An error says that the bytes are no mail at all. It decodes no fax and believes no claim; what a fax
// gateway writes in a mail is ingest/gateway's.
package mail
