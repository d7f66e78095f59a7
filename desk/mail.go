package desk

import "todoke/rules"

// Picture draws the pages of a TIFF, PDF, PNG or JPEG file.
type Picture interface {
	Pages(data []byte) int                            // 0 for what cannot be drawn
	Draw(data []byte, no int) (png []byte, err error) // from 1
}

// Mail is a mail as the desk shows it.
type Mail struct {
	From, Subject, Text string
	Headers             [][2]string // that people look at, decoded
	Attached            []Attached
	Notes, Unread       []string
	Letter              rules.Letter // what decides whether it is answered
	Thread              []string     // message ids for the References of an answer
}

// Attached is a thing attached to a mail.
type Attached struct {
	FileName, MediaType, Problem string
	Bytes                        []byte
}

const mailType = "message/rfc822"
