package mailbox

// xoauth2 is Google's and Microsoft's login with an access token.
type xoauth2 struct{ user, token string }

func (x *xoauth2) Start() (string, []byte, error) {
	return "XOAUTH2", []byte("user=" + x.user + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next answers the server's description of what is wrong: it then refuses the login.
func (x *xoauth2) Next([]byte) ([]byte, error) { return []byte{}, nil }

// plain is RFC 4616.
type plain struct{ user, password string }

func (p *plain) Start() (string, []byte, error) {
	return "PLAIN", []byte("\x00" + p.user + "\x00" + p.password), nil
}

func (p *plain) Next([]byte) ([]byte, error) { return []byte{}, nil }
