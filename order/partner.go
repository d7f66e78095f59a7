package order

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
)

// The ways by which a partner's lists go (WHS-2), as warehouses.csv names them.
const (
	PartnerFolder = "folder" // a folder on this machine
	PartnerEmail  = "email"
	PartnerSFTP   = "sftp"
	PartnerHTTP   = "http" // pushed to the partner's server
	PartnerAPI    = "api"  // fetched from ours
)

// PartnerChannels are all of them.
func PartnerChannels() []string {
	return []string{PartnerFolder, PartnerEmail, PartnerSFTP, PartnerHTTP, PartnerAPI}
}

// SFTPAddress is where a partner's SFTP server takes files.
type SFTPAddress struct {
	User    string
	Address string // HOST:PORT
	Folder  string // below where the login lands, or from / on; "" is where it lands
}

// ParseSFTPAddress reads sftp://USER@HOST[:PORT]/FOLDER; with two slashes before it the folder is
// counted from the server's root. A password in it is refused: it is no place for one.
func ParseSFTPAddress(text string) (SFTPAddress, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "sftp" || u.Hostname() == "":
		return SFTPAddress{}, fmt.Errorf("%q is no address such as sftp://user@host:22/folder", text)
	case u.User.Username() == "":
		return SFTPAddress{}, errors.New("the address names no user: write sftp://USER@host/folder")
	case u.RawQuery != "" || u.Fragment != "":
		return SFTPAddress{}, errors.New("the address ends in something that is no folder")
	}
	if _, given := u.User.Password(); given {
		return SFTPAddress{}, errors.New("the address holds a password: put it into the configuration, under partners")
	}
	a := SFTPAddress{User: u.User.Username(), Folder: strings.TrimPrefix(u.Path, "/")}
	port := u.Port()
	if port == "" {
		port = "22"
	}
	a.Address = net.JoinHostPort(u.Hostname(), port)
	if strings.ContainsAny(a.Folder+a.User, "\x00\r\n") {
		return SFTPAddress{}, errors.New("the address holds a character that no name has")
	}
	return a, nil
}

var (
	mailAddress = regexp.MustCompile(`^[^@\s<>,;"]{1,64}@[^@\s<>,;"]{1,190}$`)
	hostKeyPin  = regexp.MustCompile(`^((ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) +)?SHA256:[A-Za-z0-9+/]{43}$`)
)

// CheckPartnerAddress tells what is wrong with the address in a profile; it may be empty.
func CheckPartnerAddress(text string) error {
	switch {
	case text == "":
		return nil
	case strings.HasPrefix(text, "sftp:"):
		_, err := ParseSFTPAddress(text)
		return err
	case strings.HasPrefix(text, "https://"), strings.HasPrefix(text, "http://"):
		u, err := url.Parse(text)
		if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
			return fmt.Errorf("%q is no address such as https://host/path", text)
		}
		return nil
	case mailAddress.MatchString(text):
		return nil
	}
	return fmt.Errorf("%q is neither sftp://user@host/folder nor https://host/path nor a mail address", text)
}

// TrackingNumber stands in a tracking URL for a parcel's number.
const TrackingNumber = "{number}"

// CheckTrackingURL tells what is wrong with the address at which a carrier tells of a parcel; it may
// be empty.
func CheckTrackingURL(text string) error {
	if text == "" {
		return nil
	}
	before, _, found := strings.Cut(text, TrackingNumber)
	if !found || strings.Count(text, TrackingNumber) > 1 {
		return fmt.Errorf("the address needs %s once, where the parcel's number belongs, such as https://carrier.example/track?no=%s", TrackingNumber, TrackingNumber)
	}
	// The number must not become a part of the server's name.
	u, err := url.Parse(before)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Path == "" || strings.ContainsAny(text, " \t\"<>") {
		return fmt.Errorf("%q is no address such as https://carrier.example/track?no=%s", text, TrackingNumber)
	}
	return nil
}

// TrackingLink is where the carrier tells of a parcel by its number, "" where the profile names no
// address.
func (p *WarehouseProfile) TrackingLink(number string) string {
	if CheckTrackingURL(p.TrackingURL) != nil {
		return ""
	}
	return strings.ReplaceAll(p.TrackingURL, TrackingNumber, url.QueryEscape(strings.ReplaceAll(number, "-", "")))
}

// CheckMailAddress tells whether a text is one plain mail address.
func CheckMailAddress(text string) error {
	if !mailAddress.MatchString(text) {
		return fmt.Errorf("%q is no mail address such as pick@partner.example.jp", text)
	}
	return nil
}

// CheckHostKeys tells what is wrong with pinned host keys, separated by commas; there may be none.
func CheckHostKeys(text string) error {
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" && !hostKeyPin.MatchString(part) {
			return fmt.Errorf("%q is no fingerprint of a host key: write it as todoke warehouse hostkey HOST:PORT prints it, such as ssh-ed25519 SHA256:…", part)
		}
	}
	return nil
}
