// Package mail takes a mail apart: headers, text and attachments.
//
// In: the bytes of one mail as it was received. Out: a Message with everything that could be
// saved from it, and Notes of what was wrong. Mails from gateways, scanners and people in Japan
// break RFC 5322, 2045, 2047 and 2231 in every way there is; none of that may lose an attachment.
// An error says that the bytes are no mail at all. It decodes no fax and believes no claim; what a fax
// gateway writes in a mail is ingest/gateway's.
package mail
