// Package faxmail sends faxes through mail-to-fax gateways: services that fax what is attached to
// a mail.
//
// In: a gateway's description, which is data (YAML), and a parcel for a fax number. Out: the mail
// that the gateway wants, and what the SMTP server answered to it. Whether the fax arrived is told
// by the gateway in a mail of its own, which is not read here.
package faxmail
